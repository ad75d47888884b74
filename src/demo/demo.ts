import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Clock, Effect, type Layer } from "effect"
import { nightlyRun, type RunServices } from "../dispatch/nightlyRun.ts"
import { EXIT } from "../domain/exitCode.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { CurrentSettings, type Settings } from "../domain/Settings.ts"
import { Exec } from "../exec/Exec.ts"
import * as NodeExec from "../exec/NodeExec.ts"
import type { OtherTracker } from "../journal/identity.ts"
import { newRun } from "../locate.ts"
import { ThisProcess, type Surroundings } from "../surroundings.ts"
import { because, DemoFailed, GitMissing } from "./failures.ts"
import type { Findings } from "./findings.ts"
import { BUGS } from "./issues.ts"
import { stopJobs } from "./jobs.ts"
import { leftovers, skips } from "./leftovers.ts"
import { inspect, reproduce } from "./repairs.ts"
import { fillScratch, type Scratch } from "./scratch.ts"
import { sealedExec, settingsOf, surroundingsOf } from "./sealed.ts"

/** Fails with `GitMissing` if git is not on PATH. */
export const requireGit = Effect.gen(function* () {
  const exec = yield* Exec
  if ((yield* exec.which("git")) === undefined) return yield* new GitMissing()
}).pipe(Effect.provide(NodeExec.layer))

/** One run in the scratch folder. Waits for its agents, then inspects their work and the leftovers. */
const runAndInspect = Effect.fn("demo.runAndInspect")(function* (scratch: Scratch) {
  const begin = yield* Clock.currentTimeMillis
  const { host } = yield* ThisProcess
  yield* fillScratch(scratch)
  yield* reproduce(scratch)
  const options = yield* newRun(yield* CurrentSettings, { ...surroundingsOf(scratch), host }).pipe(
    Effect.mapError(because("the scratch repository"))
  )
  const report = yield* nightlyRun(options)
  if (report.exit !== EXIT.ok) {
    return yield* new DemoFailed({ detail: `the run ended with exit code ${report.exit}, see the log` })
  }
  const repairs = yield* Effect.forEach(
    BUGS,
    (bug) => {
      const outcome = report.outcomes.find(({ beads }) => beads === bug.id)
      return outcome?._tag === "Dispatched"
        ? inspect(scratch, bug, outcome)
        : new DemoFailed({ detail: `${bug.id} was not dispatched, see the log` })
    },
    { concurrency: "unbounded" }
  )
  const skipped = yield* skips(report)
  const left = yield* leftovers(scratch, options)
  return { repairs, skipped, left, took: (yield* Clock.currentTimeMillis) - begin } satisfies Findings
}, Effect.ensuring(stopJobs))

type Platform = FileSystem.FileSystem | Path.Path

/** The whole pipeline on a scratch repository with a scripted agent. `layer` makes the layers of `run`. */
export const demo = Effect.fn("demo")(function* (
  scratch: Scratch,
  layer: (
    settings: Settings,
    surroundings: Surroundings,
    parts: { readonly exec: Layer.Layer<Exec> }
  ) => Layer.Layer<RunServices | Exec, JournalFailed | OtherTracker, Platform>
) {
  const { environment, node } = yield* ThisProcess
  return yield* runAndInspect(scratch).pipe(
    Effect.provide(
      layer(settingsOf(scratch, node), surroundingsOf(scratch), { exec: sealedExec(scratch, environment) })
    )
  )
})
