import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock, type Layer, type Scope } from "effect"
import type { Ending } from "../../src/domain/Attempt.ts"
import type { AttemptStep } from "../../src/domain/attemptSteps.ts"
import { TrackerFailed, type JournalFailed, type ProviderAttempt } from "../../src/domain/Failure.ts"
import { RunId, type BeadsId } from "../../src/domain/Ids.ts"
import { Dispatched, Failed, Skipped, type Outcome, type SkipReason } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import type { ReviewDecision } from "../../src/domain/ReviewDecision.ts"
import { RunReport, type ProviderCheck } from "../../src/domain/RunReport.ts"
import { endedJobOf } from "../../src/journal/facts.ts"
import type { OtherTracker } from "../../src/journal/identity.ts"
import { Journal } from "../../src/journal/Journal.ts"
import {
  JournalQueries,
  type AttemptFacts,
  type EndedJob,
  type OutcomeFacts
} from "../../src/journal/JournalQueries.ts"
import { bug, intentOf, opencode, RUN, STEPS, type Tag } from "./attempts.ts"
import { shadowContract } from "./shadowContract.ts"
import { beadsId } from "./support.ts"

/** Makes an empty journal and the queries on it. */
export type QueriesWorld = Effect.Effect<
  Layer.Layer<Journal | JournalQueries, JournalFailed | OtherTracker>,
  never,
  Scope.Scope
>

const claude = ProviderName.make("claude")

const runAt = (n: number): RunId => RunId.make(`20261122T04000${n}Z-4f2a91c7d0`)

/** The n-th run: begins at n seconds, ends a half second later. */
const night = Effect.fn("night")(function* (n: number, report: Partial<RunReport> = {}) {
  const journal = yield* Journal
  yield* journal.begin({ run: runAt(n), host: "vm-1", at: n * 1_000 })
  yield* TestClock.setTime(n * 1_000 + 500)
  const outcomes = report.outcomes ?? []
  yield* journal.end(
    new RunReport({
      run: runAt(n),
      startedAt: "2026-11-22T03:00:00.000Z",
      dryRun: false,
      backends: { beads: "b", runner: "r", workspace: "w" },
      fetched: 0,
      chosen: 0,
      dispatched: 0,
      failed: 0,
      skipped: outcomes.filter(({ _tag }) => _tag === "Skipped").length,
      settled: 0,
      exit: 0,
      durationMs: 17,
      providers: [],
      ...report,
      outcomes
    })
  )
})

const skip = (beads: string, reason: SkipReason, detail = `why ${reason}`) => new Skipped({ beads, reason, detail })

const passedOver: ReadonlyArray<ProviderAttempt> = [
  { provider: opencode, code: "preflight_failed", reason: "no quota", capacity: false, durationMs: 1 }
]

const dispatched = (beads: BeadsId, provider = opencode, passed: ReadonlyArray<ProviderAttempt> = []) =>
  new Dispatched({ beads, provider, durationMs: 5, how: "started", passedOver: passed })

const failed = (beads: BeadsId) =>
  new Failed({ beads, code: "claim_failed", blame: "tracker", error: "locked", durationMs: 5, passedOver })

const check = (provider: ProviderName, detail = ""): ProviderCheck => ({
  provider,
  available: detail === "",
  detail,
  lines: [],
  durationMs: 1
})

const succeeded = {
  end: "succeeded",
  usage: { inputTokens: 1000, outputTokens: 10, cacheTokens: 600, costUsd: 0.5 },
  detail: "the job ended well",
  commits: 2,
  verified: "yes",
  durationMs: 60
} satisfies Ending

/** The n-th attempt: begins at n seconds, and takes each step a second later. */
const attempt = Effect.fn("attempt")(function* (n: number, way: ReadonlyArray<Tag | AttemptStep>, beads = bug) {
  const journal = yield* Journal
  yield* TestClock.setTime(n * 1_000)
  const { actor } = yield* journal.intend(intentOf(n, beads))
  for (const step of way) {
    yield* TestClock.adjust("1 second")
    yield* journal.advance(actor, typeof step === "string" ? STEPS[step] : step)
  }
  return actor
})

const JOB = ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Launching", "Acknowledged"] as const
const settledAs = (ending: Ending): AttemptStep => ({ _tag: "Settled", ...ending, review: "label" })

const numbers = (facts: ReadonlyArray<AttemptFacts>) => facts.map(({ number }) => number)
const ALWAYS = { since: 0 }

const decision = (n: number, at: number, what: ReviewDecision["decision"] = "accepted"): ReviewDecision => ({
  actor: intentOf(n).actor,
  beads: bug,
  decision: what,
  at
})

/** What `JournalQueries` must answer, in every layer. */
export const queriesContract = (name: string, world: QueriesWorld): void => {
  describe(`JournalQueries contract: ${name}`, () => {
    const test = <E>(title: string, body: Effect.Effect<void, E, Journal | JournalQueries | Scope.Scope>) =>
      it.scoped(title, () => Effect.flatMap(world, (layer) => Effect.provide(body, layer)))

    describe("shadow runs", () => shadowContract(world))

    test(
      "a journal without rows has no answer to show",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        for (const answer of [
          queries.runs(ALWAYS),
          queries.runs({ last: 9 }),
          queries.ended(ALWAYS),
          queries.endedJobs(ALWAYS),
          queries.open,
          queries.attemptsOf(bug),
          queries.waiting(ALWAYS),
          queries.steps(intentOf(1).actor),
          queries.outcomesOf(bug, 9),
          queries.unchanged,
          queries.checks,
          queries.refusals(ALWAYS),
          queries.bugs,
          queries.decisions(ALWAYS),
          queries.shadows(ALWAYS),
          queries.shadows({ last: 9 }),
          Effect.map(queries.fallbacks(ALWAYS), (found): ReadonlyArray<unknown> => [...found])
        ]) {
          assert.deepStrictEqual(yield* answer, [])
        }
      })
    )

    test(
      "runs: the newest first, of a window or the last so many; one that has not ended has no exit",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        yield* night(1, { fetched: 7, dispatched: 2, failed: 1, exit: 3, end: { _tag: "done" } })
        const down = new TrackerFailed({ operation: "list", reason: "refused", detail: "it is down", blame: "tracker" })
        yield* night(2, { exit: 4, error: "the tracker is down", end: { _tag: "tracker", error: down } })
        yield* Effect.flatMap(Journal, ({ begin }) => begin({ run: runAt(3), host: "vm-2", at: 3_000 }))
        const all = yield* queries.runs(ALWAYS)
        const nothing = { fetched: 0, dispatched: 0, failed: 0, error: undefined }
        assert.deepStrictEqual(all, [
          { ...nothing, run: runAt(3), host: "vm-2", began: 3_000, ended: undefined, end: undefined, exit: undefined },
          {
            ...nothing,
            run: runAt(2),
            host: "vm-1",
            began: 2_000,
            ended: 2_500,
            end: "tracker",
            exit: 4,
            error: "the tracker is down"
          },
          {
            run: runAt(1),
            host: "vm-1",
            began: 1_000,
            ended: 1_500,
            end: "done",
            exit: 3,
            fetched: 7,
            dispatched: 2,
            failed: 1,
            error: undefined
          }
        ])
        assert.deepStrictEqual(yield* queries.runs({ last: 2 }), all.slice(0, 2))
        assert.deepStrictEqual(yield* queries.runs({ last: 0 }), [])
        assert.deepStrictEqual(yield* queries.runs({ since: 1_000, until: 3_000 }), all.slice(1))
        assert.deepStrictEqual(yield* queries.runs({ since: 1_001, until: 2_001 }), all.slice(1, 2))
      })
    )

    test(
      "attemptsOf: everything that is shown of an attempt, while it is open and when it has ended",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        yield* attempt(1, [...JOB, settledAs(succeeded)])
        yield* attempt(9, ["Claimed"])
        const [first, second] = yield* queries.attemptsOf(bug)
        assert.deepStrictEqual(first, {
          actor: intentOf(1).actor,
          run: RUN,
          beads: bug,
          number: 1,
          phase: "settled",
          provider: opencode,
          hadJob: true,
          probe: false,
          began: 1_000,
          changed: 8_000,
          ...succeeded,
          blame: undefined,
          freeAt: undefined,
          needs: undefined,
          result: undefined,
          review: "label",
          branch: "fix/bd-1",
          worktree: "/tmp/agents/bd-1/app",
          repository: "/src/app",
          log: "/l",
          cleared: false,
          decision: undefined
        })
        assert.deepInclude(second, {
          number: 9,
          phase: "claimed",
          provider: undefined,
          hadJob: false,
          began: 9_000,
          changed: 10_000,
          end: undefined,
          detail: undefined,
          branch: undefined,
          worktree: undefined,
          repository: "/src/app"
        })
        assert.deepStrictEqual(yield* queries.attemptsOf(beadsId("bd-1.1")), [])
      })
    )

    test(
      "ended: the jobs that were settled in the window, the first that was settled first; open: the others",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        yield* attempt(1, JOB)
        yield* attempt(2, [...JOB, "Ending"])
        yield* attempt(3, ["Claimed", "Settled"])
        yield* attempt(4, [...JOB, "Settled"])
        assert.deepStrictEqual(numbers(yield* queries.open), [1, 2])
        yield* TestClock.setTime(20_000)
        yield* journal.advance(intentOf(1).actor, STEPS.Settled)
        assert.deepStrictEqual(numbers(yield* queries.open), [2])
        assert.deepStrictEqual(numbers(yield* queries.ended(ALWAYS)), [4, 1], "the third had no job")
        assert.deepStrictEqual(numbers(yield* queries.ended({ since: 11_000, until: 20_000 })), [4])
        assert.deepStrictEqual(numbers(yield* queries.ended({ since: 11_001 })), [1])
        yield* journal.reopen(intentOf(4).actor)
        assert.deepStrictEqual(numbers(yield* queries.ended(ALWAYS)), [1])
        assert.deepStrictEqual(numbers(yield* queries.open), [2, 4])
      })
    )

    test(
      "endedJobs: how the jobs of the same attempts ended, in the same order",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        const probe = { ...intentOf(1), probe: true as const }
        yield* journal.intend(probe)
        for (const step of JOB) yield* journal.advance(probe.actor, STEPS[step])
        yield* attempt(2, ["Claimed", settledAs({ end: "failed", detail: "no provider", blame: "provider" })])
        yield* attempt(3, [...JOB, settledAs(succeeded)], beadsId("bd-2"))
        yield* attempt(4, [...JOB, "Ending"])
        const needs = { kind: "secret", next: "set GEMINI_API_KEY" } as const
        const asked: Ending = { end: "needs_human", needs, detail: "no key" }
        yield* attempt(5, [...JOB, settledAs(asked)], beadsId("bd-3"))
        yield* TestClock.setTime(20_000)
        const limited: Ending = { end: "stalled", detail: "no output", blame: "provider", freeAt: 1_795_791_600_000 }
        yield* journal.advance(probe.actor, settledAs(limited))
        const job = { provider: opencode, blame: undefined, probe: false, freeAt: undefined, needs: undefined }
        const jobs: ReadonlyArray<EndedJob> = [
          { ...job, beads: beadsId("bd-2"), changed: 10_000, end: "succeeded", detail: "the job ended well" },
          { ...job, ...asked, beads: beadsId("bd-3"), changed: 12_000 },
          { ...job, ...limited, beads: bug, changed: 20_000, probe: true }
        ]
        assert.deepStrictEqual(yield* queries.endedJobs(ALWAYS), jobs)
        assert.deepStrictEqual(yield* queries.endedJobs({ since: 10_001 }), jobs.slice(1))
        assert.deepStrictEqual(yield* queries.endedJobs({ since: 10_000, until: 20_000 }), jobs.slice(0, 2))
        const attempts = yield* queries.ended(ALWAYS)
        assert.deepStrictEqual(
          attempts.flatMap((each) => endedJobOf(each) ?? []),
          jobs
        )
      })
    )

    test(
      "waiting: work that a person has to look at, until a decision, a retry or a later attempt",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        const waiting = Effect.map(queries.waiting(ALWAYS), numbers)
        const ends: ReadonlyArray<Ending> = [
          succeeded,
          { end: "unverified", detail: "the check cannot start", blame: "host" },
          { end: "unverified", detail: "the check failed", blame: "issue" },
          { end: "no_op", detail: "nothing changed" },
          { end: "failed", detail: "exit 3", blame: "issue" }
        ]
        for (const [n, end] of ends.entries()) yield* attempt(n + 1, [...JOB, settledAs(end)], beadsId(`bd-${n + 1}`))
        yield* attempt(6, [...JOB, settledAs(succeeded)], beadsId("bd-6"))
        yield* attempt(7, [...JOB, settledAs(succeeded)], beadsId("bd-7"))
        assert.deepStrictEqual(yield* waiting, [1, 2, 6, 7])
        const since = (yield* queries.attemptsOf(beadsId("bd-6")))[0]?.changed ?? 0
        assert.deepStrictEqual(numbers(yield* queries.waiting({ since })), [6, 7])
        assert.deepStrictEqual(numbers(yield* queries.waiting({ since: 0, until: since })), [1, 2])

        yield* journal.decide({ ...decision(1, 30_000, "rejected"), beads: beadsId("bd-1") })
        assert.deepStrictEqual(yield* waiting, [2, 6, 7])
        yield* journal.clear(beadsId("bd-2"))
        assert.deepStrictEqual(yield* waiting, [6, 7])
        yield* attempt(30, ["Claimed"], beadsId("bd-6"))
        assert.deepStrictEqual(yield* waiting, [7])
        yield* journal.reopen(intentOf(7).actor)
        assert.deepStrictEqual(yield* waiting, [])
        yield* journal.advance(intentOf(7).actor, settledAs(succeeded))
        assert.deepStrictEqual(yield* waiting, [7])
        const [decided, cleared] = [
          yield* queries.attemptsOf(beadsId("bd-1")),
          yield* queries.attemptsOf(beadsId("bd-2"))
        ]
        assert.deepInclude(decided[0], { decision: "rejected", cleared: false })
        assert.deepInclude(cleared[0], { decision: undefined, cleared: true })
      })
    )

    test(
      "steps: the steps of one attempt in order, with its intent and its reopening",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        const actor = yield* attempt(1, ["Claimed", "Settled"])
        yield* attempt(2, ["Claimed"])
        yield* TestClock.setTime(9_000)
        yield* journal.reopen(actor)
        assert.deepStrictEqual(yield* queries.steps(actor), [
          { at: 1_000, step: { _tag: "Intended" } },
          { at: 2_000, step: { _tag: "Claimed" } },
          { at: 3_000, step: STEPS.Settled },
          { at: 9_000, step: { _tag: "Reopened" } }
        ])
        assert.deepStrictEqual(yield* queries.steps(intentOf(3).actor), [])
      })
    )

    test(
      "outcomesOf: the newest first; a bug that is skipped for one reason is one result until a run does not skip it so",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        const blocked = skip(bug, "blocked")
        const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
          [blocked, skip("bd-2", "blocked")],
          [blocked, skip("bd-2", "blocked")],
          [],
          [blocked, skip("bd-2", "blocked")],
          [dispatched(bug), skip("bd-2", "blocked")],
          [failed(bug)],
          [blocked, skip("bd-2", "deferred")],
          []
        ]
        for (const [n, outcomes] of nights.entries()) yield* night(n + 1, { outcomes })
        const facts = (n: number, outcome: Outcome, last = n): OutcomeFacts => ({
          run: runAt(n),
          at: n * 1_000,
          lastAt: last * 1_000,
          outcome
        })
        const all = [facts(7, blocked), facts(6, failed(bug)), facts(5, dispatched(bug)), facts(1, blocked, 4)]
        assert.deepStrictEqual(yield* queries.outcomesOf(bug, 9), all)
        assert.deepStrictEqual(yield* queries.outcomesOf(bug, 2), all.slice(0, 2))
        assert.deepStrictEqual(yield* queries.outcomesOf("bd-2", 9), [
          facts(7, skip("bd-2", "deferred")),
          facts(1, skip("bd-2", "blocked"), 5)
        ])
        assert.deepStrictEqual(yield* queries.outcomesOf("bd-none", 9), [])
      })
    )

    test(
      "unchanged: how long each bug has been left alone for one reason, whatever its words; bugs that wait for their turn wait for one",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
          [skip(bug, "host_busy"), skip("bd-2", "blocked"), skip("bd-3", "blocked"), skip("bd-4", "limit")],
          [skip(bug, "host_busy", "load 9"), skip("bd-2", "deferred"), dispatched(beadsId("bd-3"))],
          [],
          [skip(bug, "host_busy", "load 7"), skip("bd-2", "blocked"), skip("bd-3", "blocked")],
          [skip(bug, "limit"), skip("bd-2", "blocked", "by bd-9"), skip("bd-3", "blocked"), failed(beadsId("bd-4"))]
        ]
        for (const [n, outcomes] of nights.entries()) yield* night(n + 1, { outcomes })
        assert.deepStrictEqual(
          (yield* queries.unchanged).map(({ beads, reason, runs, since }) => [beads, reason, since, runs]),
          [
            ["bd-1", "limit", 1_000, 4],
            ["bd-2", "blocked", 4_000, 2],
            ["bd-3", "blocked", 4_000, 2]
          ]
        )
        assert.deepStrictEqual((yield* queries.unchanged)[1]?.detail, "by bd-9")
      })
    )

    test(
      "checks: the newest answer of each provider; refusals: how often each refused for which reason",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        yield* night(1, { providers: [check(opencode, "401"), check(claude)] })
        yield* night(2, { providers: [check(opencode, "no quota"), check(claude, "not found")] })
        yield* night(3, { providers: [check(opencode, "no quota")] })
        yield* night(4, { providers: [check(opencode)] })
        assert.deepStrictEqual(yield* queries.checks, [
          { run: runAt(2), at: 2_000, check: check(claude, "not found") },
          { run: runAt(4), at: 4_000, check: check(opencode) }
        ])
        const refusals = [
          { provider: claude, detail: "not found", runs: 1 },
          { provider: opencode, detail: "no quota", runs: 2 },
          { provider: opencode, detail: "401", runs: 1 }
        ]
        assert.deepStrictEqual(yield* queries.refusals(ALWAYS), refusals)
        assert.deepStrictEqual(yield* queries.refusals({ since: 2_000, until: 3_000 }), [
          { provider: claude, detail: "not found", runs: 1 },
          { provider: opencode, detail: "no quota", runs: 1 }
        ])
      })
    )

    test(
      "fallbacks: the bugs that went to a provider because an earlier one did not take them",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        const other = beadsId("bd-2")
        yield* night(1, { outcomes: [dispatched(bug, claude, passedOver), dispatched(other), failed(bug)] })
        yield* night(2, { outcomes: [dispatched(bug, claude, passedOver), dispatched(other, claude, passedOver)] })
        assert.deepStrictEqual(yield* queries.fallbacks(ALWAYS), new Map([[claude, 3]]))
        assert.deepStrictEqual(yield* queries.fallbacks({ since: 0, until: 2_000 }), new Map([[claude, 1]]))
      })
    )

    test(
      "bugs: each bug that had an attempt lately, once",
      Effect.gen(function* () {
        const queries = yield* JournalQueries
        for (const [n, id] of ["bd-2", "bd-1", "bd-2", "bd-10", "ad-9"].entries()) {
          yield* attempt(n + 1, ["Claimed"], beadsId(id))
        }
        assert.deepStrictEqual(yield* queries.bugs, ["ad-9", "bd-1", "bd-10", "bd-2"].map(beadsId))
      })
    )

    test(
      "decisions: those of the window, the oldest first; a later one about the same work replaces an earlier one",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        for (const n of [1, 2, 3]) yield* attempt(n, [...JOB, settledAs(succeeded)])
        for (const each of [
          decision(2, 20),
          decision(1, 10, "rejected"),
          decision(3, 15),
          decision(2, 30, "sent_back")
        ]) {
          yield* journal.decide(each)
        }
        const all = [decision(1, 10, "rejected"), decision(3, 15), decision(2, 30, "sent_back")]
        assert.deepStrictEqual(yield* queries.decisions(ALWAYS), all)
        assert.deepStrictEqual(yield* queries.decisions({ since: 10, until: 30 }), all.slice(0, 2))
        assert.deepStrictEqual(yield* queries.decisions({ since: 11 }), all.slice(1))
        yield* journal.prune({ before: 1_000_000, over: [bug], dryRun: false })
        assert.deepStrictEqual(yield* queries.decisions(ALWAYS), [], "they go with their attempts")
      })
    )

    test(
      "the answers after a prune name only what is left",
      Effect.gen(function* () {
        const journal = yield* Journal
        const queries = yield* JournalQueries
        for (const n of [1, 2, 3]) yield* night(n, { outcomes: [skip(bug, "blocked")], providers: [check(opencode)] })
        yield* journal.prune({ before: 2_000, over: [], dryRun: false })
        assert.deepStrictEqual(
          (yield* queries.runs(ALWAYS)).map(({ run }) => run),
          [runAt(3), runAt(2)]
        )
        assert.deepStrictEqual(yield* queries.outcomesOf(bug, 9), [
          { run: runAt(2), at: 2_000, lastAt: 3_000, outcome: skip(bug, "blocked") }
        ])
      })
    )
  })
}
