import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Effect } from "effect"
import { BeadsCli } from "../beads/BeadsCli.ts"
import { ineligible } from "../domain/eligibility.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { settleEarlier } from "../dispatch/settle/settleEarlier.ts"
import { ACTOR_PREFIX } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { REVIEW_LABEL, Skipped } from "../domain/Outcome.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { BUGS, LEFT_ALONE } from "./issues.ts"
import { because, DemoFailed, type Scratch } from "./scratch.ts"

/** Why an issue that the run never saw was not among those it asked the tracker for. */
const filteredOut = Effect.fn("demo.filteredOut")(function* (id: BeadsId) {
  const [beads, { intake }] = yield* Effect.all([BeadsCli, CurrentSettings])
  const issue = yield* beads.show(id).pipe(Effect.mapError(because(id)))
  if (issue === undefined) return yield* new DemoFailed({ message: `${id} is not in the tracker` })
  const why = ineligible(issue, intake, yield* Clock.currentTimeMillis, new Set())
  if (why === undefined) return yield* new DemoFailed({ message: `${id} should have been dispatched` })
  return new Skipped({ beads: id, reason: why[0], detail: `${why[1]}; the tracker is not asked for it` })
})

/** Why each issue was left alone that should have been. */
export const skips = Effect.fn("demo.skips")(function* (report: RunReport) {
  return yield* Effect.forEach(LEFT_ALONE, ([id, reason]) =>
    Effect.gen(function* () {
      const told = report.outcomes.find((outcome) => outcome.beads === id)
      const skip = told ?? (yield* filteredOut(id))
      if (skip._tag === "Skipped" && skip.reason === reason) return skip
      return yield* new DemoFailed({ message: `${id} was to be left alone (${reason}), see the log` })
    })
  )
})

/** What is left when the jobs have ended and the next run has settled them. */
export interface Leftovers {
  /** Bugs whose claim was given back and whose work waits for review. */
  readonly waiting: number
  /** Claims that a dispatcher holds. */
  readonly claims: number
  /** Names of what is in the directory of the prompt files. */
  readonly files: ReadonlyArray<string>
  /** Jobs that run. */
  readonly jobs: number
}

/** Settles the jobs that have ended, as the next run would, and looks for what is left. */
export const leftovers = Effect.fn("demo.leftovers")(function* (scratch: Scratch, options: RunOptions) {
  const [beads, fs, runner] = yield* Effect.all([BeadsCli, FileSystem.FileSystem, DxRunner])
  yield* settleEarlier(options).pipe(Effect.mapError(because("settling")))
  const files = yield* fs.readDirectory(scratch.temp).pipe(Effect.mapError(because("cannot look for prompt files")))
  const running = yield* runner.running.pipe(Effect.mapError(because("cannot look for jobs")))
  const claims = yield* beads.claimsOf(ACTOR_PREFIX).pipe(Effect.mapError(because("cannot read the claims")))
  const bugs = yield* Effect.forEach(BUGS, ({ id }) => beads.show(id).pipe(Effect.mapError(because(id))))
  const waiting = bugs.filter((bug) => bug?.assignee === undefined && bug?.labels.includes(REVIEW_LABEL) === true)
  return { waiting: waiting.length, claims: claims.length, files, jobs: running.length } satisfies Leftovers
})
