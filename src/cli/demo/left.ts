import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ineligible } from "../../dispatch/plan.ts"
import { sweepPrompts } from "../../dispatch/sweepPrompts.ts"
import { ACTOR_PREFIX, type BeadsId } from "../../domain/Ids.ts"
import { Skipped, type RunReport } from "../../domain/Outcome.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
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

/** What the demo has left where. */
export interface Leftovers {
  /** Prompt files that were removed, now that their jobs have ended. */
  readonly swept: number
  /** Names of what is in the directory of the prompt files. */
  readonly files: ReadonlyArray<string>
  /** Jobs that run. */
  readonly jobs: number
}

/** Removes the prompt files of the jobs that have ended, and looks for what is left. */
export const leftovers = Effect.fn("demo.leftovers")(function* (scratch: Scratch) {
  const [fs, runner] = yield* Effect.all([FileSystem.FileSystem, DxRunner])
  const swept = yield* sweepPrompts
  const files = yield* fs.readDirectory(scratch.temp).pipe(Effect.mapError(because("cannot look for prompt files")))
  const running = yield* runner.running.pipe(Effect.mapError(because("cannot look for jobs")))
  return { swept, files, jobs: running.length } satisfies Leftovers
})

/** Who holds the repaired bugs now. */
export const holder = Effect.gen(function* () {
  const beads = yield* BeadsCli
  const claims = yield* beads.claimsOf(ACTOR_PREFIX).pipe(Effect.mapError(because("cannot read the claims")))
  const holders = new Set(claims.map((issue) => issue.assignee))
  const [only] = holders
  const asExpected = claims.length === BUGS.length && BUGS.every(({ id }) => claims.some((issue) => issue.id === id))
  if (!asExpected || holders.size !== 1 || only === undefined) {
    return yield* new DemoFailed({ message: `the tracker shows other claims than those of this run` })
  }
  return only
})
