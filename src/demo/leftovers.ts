import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Effect, Logger, LogLevel, Schedule } from "effect"
import { BeadsCli } from "../beads/BeadsCli.ts"
import { ineligible } from "../domain/eligibility.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { settleEarlier } from "../dispatch/settle/settleEarlier.ts"
import { ACTOR_PREFIX } from "../domain/Actor.ts"
import { endingOf } from "../domain/Attempt.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { REVIEW_LABEL, Skipped } from "../domain/Outcome.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { Journal } from "../journal/Journal.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { because, DemoFailed } from "./failures.ts"
import { BUGS, LEFT_ALONE } from "./issues.ts"
import type { Scratch } from "./scratch.ts"

/** Why an issue is not in the run's report: the run does not ask the tracker for such issues. */
const filteredOut = Effect.fn("demo.filteredOut")(function* (id: BeadsId) {
  const [beads, { intake }] = yield* Effect.all([BeadsCli, CurrentSettings])
  const issue = yield* beads.show(id).pipe(Effect.mapError(because(id)))
  if (issue === undefined) return yield* new DemoFailed({ detail: `${id} is not in the tracker` })
  const ineligibility = ineligible(issue, intake, yield* Clock.currentTimeMillis, new Set())
  if (ineligibility === undefined) return yield* new DemoFailed({ detail: `${id} should have been dispatched` })
  const [reason, detail] = ineligibility
  return new Skipped({ beads: id, reason, detail: `${detail}; the tracker is not asked for it` })
})

/** The skips of `LEFT_ALONE`. Fails if the run did not leave one of these issues alone, or did for another reason. */
export const skips = Effect.fn("demo.skips")(function* (report: RunReport) {
  return yield* Effect.forEach(LEFT_ALONE, ([id, reason]) =>
    Effect.gen(function* () {
      const outcome = report.outcomes.find(({ beads }) => beads === id) ?? (yield* filteredOut(id))
      if (outcome._tag === "Skipped" && outcome.reason === reason) return outcome
      return yield* new DemoFailed({ detail: `${id} was to be left alone (${reason}), see the log` })
    })
  )
})

/** What is left after the jobs have ended and the next run has settled them. */
export interface Leftovers {
  /** Bugs whose claim is released and whose work waits for review. */
  readonly waiting: number
  /** Attempts whose work passed our own check. */
  readonly verified: number
  /** Claims that dispatchers hold. */
  readonly claims: number
  /** Names in the directory of the prompt files. */
  readonly files: ReadonlyArray<string>
  /** Running jobs. */
  readonly jobs: number
}

/** Settles the jobs that have ended, again and again until the checks of their work have ended too. */
const settled = (options: RunOptions) =>
  // The first time starts the checks. That it says so has no room on the demo's screen.
  Logger.withMinimumLogLevel(settleEarlier(options), LogLevel.Warning).pipe(
    Effect.zipRight(
      Effect.repeat(settleEarlier(options), {
        until: ({ open }) => open.size === 0,
        schedule: Schedule.spaced("100 millis")
      })
    ),
    Effect.mapError(because("settling")),
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => new DemoFailed({ detail: "the checks of the agents' work have not ended after 20 s" })
    })
  )

/** Settles the jobs that have ended, as the next run would, and counts the leftovers. */
export const leftovers = Effect.fn("demo.leftovers")(function* (scratch: Scratch, options: RunOptions) {
  const [beads, fs, runner, journal] = yield* Effect.all([BeadsCli, FileSystem.FileSystem, DxRunner, Journal])
  yield* settled(options)
  const files = yield* fs.readDirectory(scratch.temp).pipe(Effect.mapError(because("cannot look for prompt files")))
  const running = yield* runner.running.pipe(Effect.mapError(because("cannot look for jobs")))
  const claims = yield* beads.claimsOf(ACTOR_PREFIX).pipe(Effect.mapError(because("cannot read the claims")))
  const bugs = yield* Effect.forEach(BUGS, ({ id }) => beads.show(id).pipe(Effect.mapError(because(id))))
  const waiting = bugs.filter((bug) => bug?.assignee === undefined && bug?.labels.includes(REVIEW_LABEL) === true)
  const attempts = yield* Effect.forEach(BUGS, ({ id }) => journal.of(id).pipe(Effect.mapError(because(id))))
  const verified = attempts.flat().filter((attempt) => endingOf(attempt)?.verified === "yes")
  return {
    waiting: waiting.length,
    verified: verified.length,
    claims: claims.length,
    files,
    jobs: running.length
  } satisfies Leftovers
})
