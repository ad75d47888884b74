import { Effect, TestClock } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import { jobEndOf } from "../../domain/JobEnd.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { intentOf, STEPS } from "./attempts.ts"
import { reportOf, runAt, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

const attempt = (n: number) => intentOf(n, beadsId(`bd-${n}`))

/** The n-th attempt, at the n-th bug, with its job, which ends at this second. */
const jobThatEnds = Effect.fn("jobThatEnds")(function* (n: number, second = n) {
  const journal = yield* Journal
  const { actor } = yield* journal.intend(attempt(n))
  yield* journal.advance(actor, STEPS.Acknowledged)
  yield* TestClock.setTime(second * 1000)
  yield* journal.advance(actor, STEPS.Settled)
})

/** The n-th run, which reports the ends of these actors. */
const reporting = Effect.fn("reporting")(function* (n: number, actors?: ReadonlyArray<Actor>) {
  const journal = yield* Journal
  const found = yield* journal.unreported
  const ended = found.flatMap((attempt) => jobEndOf(attempt) ?? [])
  yield* journal.begin({ run: runAt(n), host: "vm-1", at: 0 })
  const report = reportOf(runAt(n), {
    ended: ended.filter(({ actor }) => actors === undefined || actors.includes(actor))
  })
  yield* journal.end(report)
  return report
})

const unreported = Effect.flatMap(Journal, (journal) =>
  Effect.map(journal.unreported, (all) => all.map(({ beads }) => beads))
)

/** What a journal must remember about the ends of jobs. */
export const reported = (check: JournalCheck): void => {
  check(
    "the end of a job is unreported until it is in a run's report, the first that ended first",
    Effect.gen(function* () {
      yield* jobThatEnds(1, 9)
      yield* TestClock.setTime(2000)
      yield* jobThatEnds(2, 5)
      assert.deepStrictEqual(yield* unreported, ["bd-2", "bd-1"])
      yield* reporting(1, [attempt(2).actor])
      assert.deepStrictEqual(yield* unreported, ["bd-1"])
      yield* reporting(2)
      assert.deepStrictEqual(yield* unreported, [])
    })
  )

  check(
    "an attempt without a job, or that is not settled, has no end to report",
    Effect.gen(function* () {
      const journal = yield* Journal
      const { actor: first } = yield* journal.intend(attempt(1))
      yield* journal.advance(first, STEPS.Settled)
      const { actor: second } = yield* journal.intend(attempt(2))
      yield* journal.advance(second, STEPS.Acknowledged)
      yield* journal.advance(second, STEPS.Ending)
      assert.deepStrictEqual(yield* unreported, [])
    })
  )

  check(
    "an attempt that is reopened after its report and settled again is not reported again",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* jobThatEnds(1)
      yield* reporting(1)
      yield* journal.reopen(attempt(1).actor)
      yield* journal.advance(attempt(1).actor, STEPS.Settled)
      assert.deepStrictEqual(yield* unreported, [])
    })
  )

  check(
    "the report keeps its ends, and a report that is refused marks none",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* jobThatEnds(1)
      const stored = yield* reporting(1)
      const kept = (yield* journal.report(runAt(1)))?.ended
      assert.deepStrictEqual(JSON.stringify(kept), JSON.stringify(stored.ended))
      yield* jobThatEnds(2)
      const ended = (yield* journal.unreported).flatMap((attempt) => jobEndOf(attempt) ?? [])
      yield* Effect.flip(journal.end(RunReport.make({ ...stored, ended })))
      assert.deepStrictEqual(yield* unreported, ["bd-2"])
    })
  )
}
