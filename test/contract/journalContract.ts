import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Option, Scope, TestClock, TestServices, type Layer } from "effect"
import { ackOf, endingOf, type Attempt, type AttemptPhase, type Intent } from "../../src/domain/Attempt.ts"
import type { AttemptStep } from "../../src/domain/attemptSteps.ts"
import type { OtherTracker } from "../../src/journal/identity.ts"
import type { JournalFailed } from "../../src/domain/Failure.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { Dispatched, Skipped, type Outcome } from "../../src/domain/Outcome.ts"
import { REDACTED } from "../../src/domain/environmentSecrets.ts"
import { Notice, Journal } from "../../src/journal/Journal.ts"
import { bug, intentOf, LOCKING, opencode, plain, RUN, STEPS, type Tag } from "./attempts.ts"
import { reportedContract } from "./reportedContract.ts"
import { pauseContract } from "./pauseContract.ts"
import { pruneContract } from "./pruneContract.ts"
import { beadsId, NASTY_TEXT } from "./support.ts"

/** Makes an empty journal. */
export type JournalWorld = Effect.Effect<Layer.Layer<Journal, JournalFailed | OtherTracker>, never, Scope.Scope>

/** For each phase: the steps that lead to it, and the steps that it allows. */
const WAYS: Readonly<Record<AttemptPhase, readonly [way: ReadonlyArray<Tag>, next: ReadonlyArray<Tag>]>> = {
  intended: [[], ["Claimed", "Acknowledged", "Verifying", "Ending", "Settled"]],
  claimed: [["Claimed"], ["WorkspaceMade", "Acknowledged", "Verifying", "Ending", "Settled"]],
  workspace: [
    ["Claimed", "WorkspaceMade"],
    ["Prompted", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  prompt: [
    ["Claimed", "WorkspaceMade", "Prompted"],
    ["Starting", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  starting: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting"],
    ["Starting", "Launching", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  acknowledged: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Launching", "Acknowledged"],
    ["Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  verifying: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged", "Verifying", "Checking"],
    ["PassedCheck", "Checking", "Ending", "Settled"]
  ],
  ending: [["Claimed", "Ending"], ["Settled"]],
  settled: [["Claimed", "Settled"], []]
}

const skip = (beads: string, detail: string) => new Skipped({ beads, reason: "malformed", detail })

const report = (run: RunId, detail = "no reason", outcomes: ReadonlyArray<Outcome> = [skip("#2 (no id)", detail)]) =>
  new RunReport({
    run,
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun: false,
    backends: { beads: "b", runner: "r", workspace: "w" },
    fetched: 2,
    chosen: 1,
    dispatched: 0,
    failed: 0,
    skipped: outcomes.filter(({ _tag }) => _tag === "Skipped").length,
    settled: 0,
    exit: 0,
    durationMs: 17,
    providers: [{ provider: opencode, available: true, detail, lines: [detail], durationMs: 1 }],
    outcomes
  })

/** The n-th of several runs. */
const runAt = (n: number): RunId => RunId.make(`20261122T04000${n}Z-4f2a91c7d0`)

const alert = (key: string, text = "look at it"): Notice => new Notice({ key, kind: "work_kept", beads: bug, text })

const walked = Effect.fn("walked")(function* (intent: Intent, way: ReadonlyArray<Tag>) {
  const journal = yield* Journal
  yield* journal.intend(intent)
  for (const tag of way) yield* journal.advance(intent.actor, STEPS[tag])
})

/** The tests that every `Journal` must pass. */
export const journalContract = (name: string, world: JournalWorld): void => {
  describe(`Journal contract: ${name}`, () => {
    const test = <E>(title: string, body: Effect.Effect<void, E, Journal | Scope.Scope>) =>
      it.scoped(title, () => Effect.flatMap(world, (layer) => Effect.provide(body, layer)))

    const refused = Effect.fn("refused")(function* <A>(call: Effect.Effect<A, JournalFailed>, about: string) {
      const error = yield* Effect.flip(call)
      assert.strictEqual(error.reason, "illegal", error.message)
      assert.include(error.message, about)
      assert.notMatch(error.message, /^journal :/, "it says which journal")
    })

    test(
      "an intent is an open attempt as soon as intend returns",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* TestClock.setTime(5_000)
        const intended = yield* journal.intend(intentOf(1))
        assert.deepStrictEqual(plain(intended), {
          ...intentOf(1),
          phase: "intended",
          createdAt: 5_000,
          createdBoot: { boot: "wall clock", millis: 5_000 },
          updatedAt: 5_000,
          updatedBoot: { boot: "wall clock", millis: 5_000 }
        })
        for (const found of [yield* journal.open, yield* journal.of(bug), yield* journal.since(5_000)])
          assert.deepStrictEqual(found.map(plain), [plain(intended)])
      })
    )

    test(
      "knows the bugs that have an attempt, each once",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.intend(intentOf(1))
        yield* journal.intend(intentOf(2))
        const others = Array.from({ length: 150_000 }, (_, n) => BeadsId.make(`bd-x${n}`))
        assert.deepStrictEqual(yield* journal.known([...others, bug]), [bug])
        assert.deepStrictEqual(yield* journal.known([]), [])
      })
    )

    test(
      "every step adds its fields and keeps the others, and Settled closes the attempt",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.intend(intentOf(1))
        const seen: Array<string> = []
        for (const tag of [...WAYS.acknowledged[0], "Ending", "Settled"] as const) {
          yield* TestClock.adjust(1_000)
          const advanced = yield* journal.advance(intentOf(1).actor, STEPS[tag])
          assert.deepStrictEqual(
            (yield* journal.of(bug)).map(plain),
            [plain(advanced)],
            "it returns what it has written"
          )
          seen.push(advanced.phase)
        }
        const phases = ["claimed", "workspace", "prompt", "starting", "starting", "acknowledged", "ending", "settled"]
        assert.deepStrictEqual(seen, phases)
        const [kept] = yield* journal.of(bug)
        assert.deepInclude(plain(kept!), {
          workspace: { path: "/tmp/agents/bd-1/app", branch: "fix/bd-1", base: "abc", reused: false },
          prompt: { beads: "bd-1", path: "/tmp/x/bd-1.prompt" },
          provider: "opencode",
          previousRun: "run-0",
          starter: { pid: 4241, startedAt: "17", boot: "boot-1", namespace: "pid:[1]", machine: "m-1" },
          ack: { beads: "bd-1", provider: "opencode", pid: 4242, log: "/l", runInstance: "run-1", how: "started" },
          end: "failed",
          blame: "issue",
          createdAt: 0,
          createdBoot: { boot: "wall clock", millis: 0 },
          updatedAt: 8_000,
          updatedBoot: { boot: "wall clock", millis: 8_000 }
        })
        assert.isEmpty(yield* journal.open)
      })
    )

    for (const [phase, [way, next]] of Object.entries(WAYS)) {
      test(
        `${phase}: takes ${next.join(", ") || "no step"}; any other step fails with illegal and changes nothing`,
        Effect.gen(function* () {
          const journal = yield* Journal
          for (const [n, step] of Object.values(STEPS).entries()) {
            const intent = intentOf(n + 1, beadsId(`bd-${n}`))
            yield* walked(intent, way)
            const before = (yield* journal.of(intent.beads)).map(plain)
            yield* TestClock.adjust(1)
            if (next.includes(step._tag)) {
              yield* journal.advance(intent.actor, step)
              assert.notDeepEqual((yield* journal.of(intent.beads)).map(plain), before)
            } else {
              yield* refused(journal.advance(intent.actor, step), intent.actor)
              assert.deepStrictEqual((yield* journal.of(intent.beads)).map(plain), before)
            }
          }
        })
      )
    }

    test(
      "keeps no secret of a tool's output, and every id, path and hash unchanged",
      Effect.gen(function* () {
        const journal = yield* Journal
        // In parts, so that no secret scanner reports this file.
        const token = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")
        const failure = { code: "runner_error", blame: "runner", detail: `fatal: ${token} refused` } as const
        const intent = {
          ...intentOf(1),
          digest: token,
          repository: { name: token, path: `/src/${token}` }
        }
        const workspace = new Workspace({ path: `/tmp/${token}`, branch: `fix/${token}`, base: token, reused: false })
        const prompt = new PromptFile({ beads: bug, path: `/tmp/${token}.prompt` })
        const ack = Ack.make({ beads: bug, provider: opencode, runInstance: token, log: token, how: "started" })
        yield* journal.intend(intent)
        const answers = yield* Effect.forEach(
          [
            STEPS.Claimed,
            { _tag: "WorkspaceMade", workspace },
            { _tag: "Prompted", prompt },
            { _tag: "Starting", provider: opencode, previousRun: token },
            { _tag: "Acknowledged", ack },
            { _tag: "Ending", end: "failed", ...failure },
            { _tag: "Settled", end: "failed", ...failure }
          ] satisfies ReadonlyArray<AttemptStep>,
          (step) => journal.advance(intent.actor, step)
        )
        const [kept] = yield* journal.of(bug)
        assert.deepStrictEqual(plain(answers.at(-1)!), plain(kept!), "it returns what it has written")
        assert.strictEqual(endingOf(kept!)?.detail, `fatal: ${REDACTED} refused`)
        assert.strictEqual(ackOf(kept!)?.log, REDACTED)
        assert.deepInclude(plain(kept!), {
          ...intent,
          workspace: { ...workspace },
          prompt: { ...prompt },
          previousRun: token
        })
        assert.strictEqual(ackOf(kept!)?.runInstance, token)
        yield* journal.notice(alert("k", `see ${token}`))
        assert.deepStrictEqual(
          (yield* journal.notices).map(({ text }) => text),
          [`see ${REDACTED}`]
        )
      })
    )

    test(
      "an actor has one attempt, and an unknown actor has none",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* walked(intentOf(1), ["Claimed"])
        const before = (yield* journal.of(bug)).map(plain)
        yield* refused(journal.intend(intentOf(1)), intentOf(1).actor)
        yield* refused(journal.intend({ ...intentOf(1), beads: beadsId("bd-2") }), intentOf(1).actor)
        assert.deepStrictEqual((yield* journal.open).map(plain), before)
        yield* refused(journal.advance(intentOf(2).actor, STEPS.Claimed), intentOf(2).actor)
        yield* refused(journal.reopen(intentOf(2).actor), intentOf(2).actor)
        yield* journal.intend(intentOf(2))
        assert.lengthOf(yield* journal.open, 2, "a call that failed blocks no later one")
      })
    )

    test(
      "attempts are returned oldest first, also within one millisecond",
      Effect.gen(function* () {
        const journal = yield* Journal
        for (const n of [9, 10, 2]) yield* journal.intend(intentOf(n))
        yield* TestClock.adjust(1)
        yield* journal.intend(intentOf(1))
        yield* journal.advance(intentOf(9).actor, STEPS.Claimed)
        for (const all of [yield* journal.open, yield* journal.of(bug), yield* journal.since(0)])
          assert.deepStrictEqual(
            all.map(({ number }) => number),
            [9, 10, 2, 1]
          )
      })
    )

    test(
      "since: the attempts that began or took a step at that time or later",
      Effect.gen(function* () {
        const journal = yield* Journal
        const since = (millis: number) =>
          Effect.map(journal.since(millis), (all) => all.map((attempt) => attempt.number))
        yield* journal.intend(intentOf(1))
        yield* TestClock.setTime(1_000)
        yield* journal.intend(intentOf(2))
        yield* TestClock.setTime(2_000)
        assert.deepStrictEqual(yield* since(0), [1, 2])
        assert.deepStrictEqual(yield* since(1_000), [2])
        assert.deepStrictEqual(yield* since(1_001), [])
        yield* journal.advance(intentOf(1).actor, STEPS.Settled)
        assert.deepStrictEqual(yield* since(1_001), [1])
      })
    )

    test(
      "of: the attempts at exactly these bugs; find: the attempt of exactly this actor",
      Effect.gen(function* () {
        const journal = yield* Journal
        const bugs = ["bd-a_1", "bd-ab1", "bd-a_1.1", "bd-A_1"].map(beadsId)
        for (const [n, beads] of bugs.entries()) yield* journal.intend(intentOf(n + 1, beads))
        for (const [n, beads] of bugs.entries())
          assert.deepStrictEqual(
            (yield* journal.of(beads)).map((attempt) => attempt.number),
            [n + 1]
          )
        assert.isEmpty(yield* journal.of(beadsId("bd-none")))
        assert.isEmpty(yield* journal.of())
        const some = yield* journal.of(beadsId("bd-A_1"), beadsId("bd-none"), beadsId("bd-a_1"))
        assert.deepStrictEqual(
          some.map((attempt) => attempt.number),
          [1, 4]
        )
        assert.strictEqual((yield* journal.find(intentOf(2).actor))?.number, 2)
        assert.isUndefined(yield* journal.find(intentOf(9).actor))
      })
    )

    test(
      "reopen opens a settled attempt and clears its result",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* walked(intentOf(1), ["Claimed", "WorkspaceMade", "Settled"])
        yield* walked(intentOf(2), [...WAYS.acknowledged[0], "Ending", "Settled"])
        for (const n of [1, 2]) {
          yield* TestClock.adjust(1_000)
          const again = plain(yield* journal.reopen(intentOf(n).actor))
          assert.deepInclude(again, { phase: n === 1 ? "intended" : "acknowledged", updatedAt: n * 1_000 })
          assert.hasAllKeys(
            again,
            [
              "actor",
              "run",
              "beads",
              "number",
              "digest",
              "repository",
              "phase",
              "workspace",
              "createdAt",
              "createdBoot",
              "updatedAt",
              "updatedBoot"
            ].concat(n === 1 ? [] : ["prompt", "provider", "previousRun", "starter", "ack"])
          )
        }
        assert.lengthOf(yield* journal.open, 2)
        yield* journal.advance(intentOf(2).actor, { _tag: "Settled", end: "succeeded", detail: "it went well" })
        const [, second] = yield* journal.of(bug)
        assert.deepStrictEqual(
          [second?.phase, ...["end", "blame", "code"].map((key) => plain(second!)[key])],
          ["settled", "succeeded", undefined, undefined]
        )
      })
    )

    test(
      "clear marks the settled attempts of one bug, and tells how many were not yet",
      Effect.gen(function* () {
        const journal = yield* Journal
        const other = beadsId("bd-other")
        yield* walked(intentOf(1), ["Claimed", "WorkspaceMade", "Settled"])
        yield* walked(intentOf(2), ["Claimed", "Settled"])
        yield* walked(intentOf(3, other), ["Claimed", "Settled"])
        yield* walked(intentOf(4), ["Claimed"])
        assert.strictEqual(yield* journal.clear(bug), 2)
        const cleared = (attempts: ReadonlyArray<Attempt>) =>
          attempts.map((attempt) => attempt.phase === "settled" && attempt.cleared)
        assert.deepStrictEqual(cleared(yield* journal.of(bug)), [true, true, false])
        assert.deepStrictEqual(cleared(yield* journal.of(other)), [undefined])
        assert.strictEqual(yield* journal.clear(bug), 0)
        assert.strictEqual(yield* journal.clear(beadsId("bd-none")), 0)
        const again = plain(yield* journal.reopen(intentOf(1).actor))
        assert.notProperty(again, "cleared")
      })
    )

    test(
      "reopen fails for an open attempt",
      Effect.gen(function* () {
        const journal = yield* Journal
        for (const [n, [phase, [way]]] of Object.entries(WAYS).entries()) {
          if (phase === "settled") continue
          const intent = intentOf(n + 1, beadsId(`bd-${phase}`))
          yield* walked(intent, way)
          yield* refused(journal.reopen(intent.actor), intent.actor)
          assert.strictEqual((yield* journal.of(intent.beads))[0]?.phase, phase)
        }
      })
    )

    test(
      "clear keeps the time of each bug's last retry, also of a bug without attempts",
      Effect.gen(function* () {
        const journal = yield* Journal
        assert.isEmpty(yield* journal.retries)
        yield* TestClock.setTime(1_000)
        yield* journal.clear(bug)
        yield* TestClock.setTime(2_000)
        yield* journal.clear(beadsId("bd-none"))
        yield* TestClock.setTime(3_000)
        yield* journal.clear(bug)
        assert.deepStrictEqual(yield* journal.retries, [
          { beads: beadsId("bd-none"), at: 2_000 },
          { beads: bug, at: 3_000 }
        ])
      })
    )

    test(
      "a note is over when the work is accepted, and only then",
      Effect.gen(function* () {
        const journal = yield* Journal
        const notes = Effect.map(journal.retries, (all) => all.map(({ note }) => note))
        yield* walked(intentOf(1), ["Claimed", "Settled"])
        const decision = { actor: intentOf(1).actor, beads: bug, at: 1 }
        yield* journal.clear(bug, "Use the parser in src/csv")
        yield* journal.decide({ ...decision, decision: "rejected" })
        assert.deepStrictEqual(yield* notes, ["Use the parser in src/csv"])
        yield* journal.decide({ ...decision, decision: "accepted" })
        assert.deepStrictEqual(yield* notes, [undefined])
      })
    )

    test(
      "clear keeps the note of each bug's last retry",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.clear(bug, "use the new endpoint")
        assert.deepStrictEqual(yield* journal.retries, [{ beads: bug, at: 0, note: "use the new endpoint" }])
        yield* journal.clear(bug)
        assert.deepStrictEqual(yield* journal.retries, [{ beads: bug, at: 0 }])
      })
    )

    test(
      "decide fails for an attempt that is unknown or open",
      Effect.gen(function* () {
        const journal = yield* Journal
        const decision = { actor: intentOf(1).actor, beads: bug, decision: "accepted", at: 0 } as const
        yield* refused(journal.decide(decision), decision.actor)
        yield* walked(intentOf(1), ["Claimed"])
        yield* refused(journal.decide(decision), decision.actor)
        yield* journal.advance(decision.actor, STEPS.Settled)
        yield* journal.decide(decision)
      })
    )

    test(
      "an alert is raised once for each key, and kept, oldest first",
      Effect.gen(function* () {
        const journal = yield* Journal
        assert.isEmpty(yield* journal.notices)
        assert.isTrue(yield* journal.notice(alert("b", "first")))
        assert.isTrue(yield* journal.notice(alert("a")))
        assert.isFalse(yield* journal.notice(alert("b", "second")))
        yield* TestClock.adjust("1 day")
        assert.isFalse(yield* journal.notice(alert("b", "third")))
        assert.isTrue(yield* journal.notice(alert("0")))
        assert.deepStrictEqual(
          (yield* journal.notices).map(({ key, text }) => [key, text]),
          [
            ["b", "first"],
            ["a", "look at it"],
            ["0", "look at it"]
          ]
        )
      })
    )

    test(
      "any text is read back unchanged",
      Effect.gen(function* () {
        const journal = yield* Journal
        const texts = [
          NASTY_TEXT,
          "",
          "'; DROP TABLE attempts; --",
          "NUL \u0000 in the middle, and at the end \u0000",
          "\r\n\u2028\u2029\u0085\u001b[31m\ufeff",
          "half of an emoji \ud83d",
          "🐛".repeat(100),
          `${NASTY_TEXT}`.repeat(1_000).slice(0, 100 * 1024)
        ]
        for (const [n, text] of texts.entries()) {
          const intent = { ...intentOf(n + 1), digest: text, repository: { name: text, path: `/src/${text}` } }
          yield* journal.intend(intent)
          yield* journal.advance(intent.actor, { _tag: "Settled", end: "lost", blame: "host", detail: text })
          assert.isTrue(yield* journal.notice(alert(`key ${n}`, text)))
        }
        yield* journal.begin({ run: RUN, host: NASTY_TEXT, at: 0 })
        yield* journal.end(report(RUN, texts.join()))
        assert.deepStrictEqual(
          (yield* journal.of(bug)).map((attempt) => [endingOf(attempt)?.detail, attempt.digest, attempt.repository]),
          texts.map((text) => [text, text, { name: text, path: `/src/${text}` }])
        )
        assert.deepStrictEqual(
          (yield* journal.notices).map(({ text }) => text),
          texts
        )
        assert.isTrue(yield* journal.notice(alert(NASTY_TEXT)))
        assert.isFalse(yield* journal.notice(alert(NASTY_TEXT)))
      })
    )

    test(
      "a run begins once and ends once",
      Effect.gen(function* () {
        const journal = yield* Journal
        const other = RunId.make("20261122T040000Z-4f2a91c7d0")
        yield* refused(journal.end(report(RUN)), RUN)
        yield* journal.begin({ run: RUN, host: "vm-1", at: 0 })
        yield* refused(journal.begin({ run: RUN, host: "vm-1", at: 1 }), RUN)
        yield* refused(journal.end(report(other)), other)
        yield* journal.end(report(RUN))
        yield* refused(journal.end(report(RUN)), RUN)
        yield* journal.begin({ run: other, host: "vm-1", at: 2 })
        yield* journal.end(report(other))
      })
    )

    test(
      "report: every run gives back what it skipped and why, whatever earlier and later runs skipped",
      Effect.gen(function* () {
        const journal = yield* Journal
        const done = new Dispatched({ beads: bug, provider: opencode, durationMs: 1, how: "started", passedOver: [] })
        const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
          [skip("bd-1", "blocked"), skip("bd-2", "blocked")],
          [skip("bd-1", "blocked"), skip("bd-2", "deferred")],
          [],
          [skip("bd-1", "blocked"), skip("bd-2", "blocked"), skip("bd-3", "new")],
          [done, skip("bd-3", "new")],
          [skip("bd-1", "blocked")],
          [skip("bd-1", "blocked"), skip("bd-3", "new")]
        ]
        for (const [n, outcomes] of nights.entries()) {
          yield* journal.begin({ run: runAt(n), host: "vm-1", at: n })
          assert.isUndefined(yield* journal.report(runAt(n)), "it has not ended")
          yield* journal.end(report(runAt(n), "ok", outcomes))
        }
        for (const [n, outcomes] of nights.entries()) {
          const found = yield* journal.report(runAt(n))
          const given = report(runAt(n), "ok", outcomes)
          assert.deepStrictEqual({ ...found, outcomes: [] }, { ...given, outcomes: [] })
          assert.sameDeepMembers([...(found?.outcomes ?? [])], [...given.outcomes], `run ${n}`)
        }
        assert.isUndefined(yield* journal.report(runAt(9)))
      })
    )

    test(
      "many attempts at once: none is lost, and none blocks another",
      Effect.gen(function* () {
        const journal = yield* Journal
        const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
        yield* Effect.forEach(
          numbers,
          (n) =>
            Effect.gen(function* () {
              yield* journal.intend(intentOf(n, beadsId(`bd-${n % 7}`)))
              for (const tag of WAYS.acknowledged[0].slice(0, n % 7)) {
                yield* Effect.yieldNow()
                yield* journal.advance(intentOf(n).actor, STEPS[tag])
                yield* journal.open
              }
              if (n % 4 === 0) yield* journal.advance(intentOf(n).actor, STEPS.Settled)
              yield* journal.notice(alert(`about ${n % 5}`))
            }),
          { concurrency: "unbounded" }
        )
        const phases = ["intended", "claimed", "workspace", "prompt", "starting", "starting", "acknowledged"]
        const all = yield* journal.since(0)
        assert.deepStrictEqual(
          Object.fromEntries(all.map((attempt) => [attempt.number, attempt.phase as string])),
          Object.fromEntries(numbers.map((n) => [n, n % 4 === 0 ? "settled" : phases[n % 7]!]))
        )
        assert.lengthOf(yield* journal.open, 30)
        assert.lengthOf(yield* journal.notices, 5)
      })
    )

    test(
      "many fibers on one attempt: each step is taken once",
      Effect.gen(function* () {
        const journal = yield* Journal
        const atOnce = <A>(call: Effect.Effect<A, JournalFailed>) =>
          Effect.map(
            Effect.all(
              Array.from({ length: 8 }, () => Effect.either(call)),
              { concurrency: "unbounded" }
            ),
            (all) => all.filter(Either.isRight).length
          )
        assert.strictEqual(yield* atOnce(journal.intend(intentOf(1))), 1)
        assert.strictEqual(yield* atOnce(journal.advance(intentOf(1).actor, STEPS.Claimed)), 1)
        assert.strictEqual(yield* atOnce(journal.advance(intentOf(1).actor, STEPS.Settled)), 1)
        assert.strictEqual(yield* atOnce(journal.reopen(intentOf(1).actor)), 1)
        assert.strictEqual(
          (yield* Effect.all(
            Array.from({ length: 8 }, () => journal.notice(alert("x"))),
            { concurrency: "unbounded" }
          )).filter(Boolean).length,
          1
        )
      })
    )

    test(
      "an interrupted call is done fully or not at all, and blocks no other",
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.intend(intentOf(1))
        const before = (yield* journal.of(bug)).map(plain)
        for (let turn = 0; turn < 24; turn++) {
          const fiber = yield* Effect.fork(journal.advance(intentOf(1).actor, STEPS.Settled))
          for (let step = 0; step < turn; step++) yield* Effect.promise(() => Promise.resolve())
          yield* Fiber.interrupt(fiber)
          const after = (yield* journal.of(bug)).map((attempt) => [attempt.phase, endingOf(attempt)?.end])
          assert.include([`intended,`, `settled,failed`], String(after[0]))
          if (after[0]?.[0] === "settled") yield* journal.reopen(intentOf(1).actor)
        }
        assert.deepStrictEqual((yield* journal.of(bug)).map(plain), before)
      })
    )

    describe("the lock", () => {
      const isFree = Effect.scoped(
        Effect.flatMap(Journal, (journal) => Effect.map(journal.lock(LOCKING), Option.isNone))
      )

      test(
        "belongs to one run until its scope closes, and names the holder to others",
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* Effect.scoped(
            Effect.gen(function* () {
              assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)), "free at first")
              const holder = yield* Effect.scoped(journal.lock(LOCKING))
              assert.match(
                Option.getOrElse(holder, () => ""),
                /\S/,
                "the holder has a name"
              )
              assert.isFalse(yield* isFree, "a caller that did not get it did not release it")
              yield* journal.intend(intentOf(1))
            })
          )
          assert.isTrue(yield* isFree, "free again")
          assert.isTrue(yield* isFree)
        })
      )

      test(
        "is taken by one of many callers at once",
        Effect.gen(function* () {
          const journal = yield* Journal
          const all = yield* TestServices.provideLive(
            Effect.all(
              Array.from({ length: 10 }, () => journal.lock(LOCKING)),
              { concurrency: "unbounded" }
            )
          )
          assert.strictEqual(all.filter(Option.isNone).length, 1)
        })
      )

      test(
        "that settles one job at a time lets a waiting run go first",
        Effect.gen(function* () {
          const journal = yield* Journal
          const order: Array<string> = []
          const hold = (work: "run" | "job", name: string) =>
            Effect.scoped(
              Effect.tap(journal.lock({ ...LOCKING, work }), (holder) =>
                Effect.andThen(
                  Effect.sync(() => order.push(Option.isNone(holder) ? name : "refused")),
                  Effect.sleep("300 millis")
                )
              )
            )
          const jobs = Effect.forEach(["job 1", "job 2"], (name) => hold("job", name))
          const run = Effect.delay(hold("run", "run"), "100 millis")
          yield* TestServices.provideLive(Effect.all([jobs, run], { concurrency: 2 }))
          assert.deepStrictEqual(order.slice(0, 2), ["job 1", "run"])
          assert.strictEqual(order[2], "refused", "and a job does not wait for a run")
        })
      )

      for (const [how, work] of [
        ["an error", Effect.fail("no")],
        ["a defect", Effect.die("defect")]
      ] as const) {
        test(
          `is released after ${how}`,
          Effect.gen(function* () {
            const journal = yield* Journal
            assert.isTrue(
              Exit.isFailure(yield* Effect.exit(Effect.scoped(Effect.zipRight(journal.lock(LOCKING), work))))
            )
            assert.isTrue(yield* isFree)
          })
        )
      }

      test(
        "is released after an interruption at any moment",
        Effect.gen(function* () {
          const journal = yield* Journal
          for (let turn = 0; turn < 25; turn++) {
            const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(journal.lock(LOCKING), Effect.never)))
            for (let step = 0; step < turn; step++)
              yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
            yield* Fiber.interrupt(fiber)
            assert.isTrue(yield* isFree, `after ${turn} turns`)
          }
        })
      )
    })

    describe("pauses", () => pauseContract(world))

    describe("prune", () => pruneContract(world))

    describe("ends", () => reportedContract(world))

    describe("the watcher's place", () => {
      test(
        "belongs to one watcher, which has a name, and the next one gets it when that watcher ends",
        Effect.gen(function* () {
          const journal = yield* Journal
          assert.isTrue(Option.isNone(yield* journal.watcher))
          const first = yield* Scope.make()
          assert.isTrue(Option.isNone(yield* Scope.extend(journal.watch(RUN), first)))
          assert.match(Option.getOrThrow(yield* journal.watcher).name, /\S/)
          const next = yield* Effect.fork(Effect.scoped(Effect.zip(journal.watch(RUN), journal.watcher)))
          yield* Effect.sleep("200 millis")
          assert.isTrue(Option.isNone(yield* Fiber.poll(next)), "it waits for a watcher that may be about to end")
          yield* Scope.close(first, Exit.void)
          const [taken, watcher] = yield* Fiber.join(next)
          assert.isTrue(Option.isNone(taken))
          assert.isTrue(Option.isSome(watcher))
          assert.isTrue(Option.isNone(yield* journal.watcher))
        }).pipe(TestServices.provideLive)
      )

      test(
        "is no run lock: a run takes that meanwhile",
        Effect.gen(function* () {
          const journal = yield* Journal
          assert.isTrue(Option.isNone(yield* journal.watch(RUN)))
          assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)))
        })
      )
    })
  })
}
