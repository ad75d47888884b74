import { Effect, TestClock } from "effect"
import type { Ending } from "../../domain/Attempt.ts"
import { endedJobOf } from "../../journal/facts.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries, type EndedJob } from "../../journal/JournalQueries.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, opencode, RUN, STEPS } from "./attempts.ts"
import { ALWAYS, attempt, JOB, numbers, settledAs, succeeded, type QueriesCheck } from "./queriesWorld.ts"
import { beadsId } from "./support.ts"

/** What the queries say of attempts and their jobs. */
export const attemptsIn = (check: QueriesCheck): void => {
  check(
    "attemptsOf: everything that is shown of an attempt, while it is open and when it has ended",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      yield* attempt(1, [...JOB, settledAs(succeeded), "PushTried"])
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
        pushed: { _tag: "Pushed", remote: "origin", branch: "fix/bd-1", at: 17, commit: "1a2b3c4" },
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

  check(
    "ended: the jobs that were settled in the window, the first that was settled first; open: the others",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      yield* attempt(1, JOB)
      yield* attempt(2, [...JOB, "Ending"], beadsId("bd-2"))
      yield* attempt(3, ["Claimed", "Settled"], beadsId("bd-3"))
      yield* attempt(4, [...JOB, "Settled"], beadsId("bd-4"))
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

  check(
    "endedJobs: how the jobs of the same attempts ended, in the same order",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      const probe = { ...intentOf(1), probe: true as const }
      yield* journal.intend(probe)
      for (const step of JOB) yield* journal.advance(probe.actor, STEPS[step])
      yield* attempt(
        2,
        ["Claimed", settledAs({ end: "failed", detail: "no provider", blame: "provider" })],
        beadsId("bd-5")
      )
      yield* attempt(3, [...JOB, settledAs(succeeded)], beadsId("bd-2"))
      yield* attempt(4, [...JOB, "Ending"], beadsId("bd-4"))
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

  check(
    "steps: the steps of one attempt in order, with its intent and its reopening",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      const actor = yield* attempt(1, ["Claimed", "Settled"])
      yield* attempt(2, ["Claimed"], beadsId("bd-2"))
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
}
