import { Effect, Layer } from "effect"
import { nightlyRun } from "../../dispatch/nightlyRun.ts"
import { watchOpen } from "../../dispatch/settle/openHere.ts"
import { shadowRun } from "../../dispatch/shadow/shadowRun.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { dryLayer, layer, shadowLayer } from "../../layer.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import type { Journal } from "../../journal/Journal.ts"
import { findTools, newRun } from "../../locate.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { ThisProcess, type Surroundings } from "../../surroundings.ts"
import { WrongUsage, type CommandFailure } from "../exit.ts"
import { guarded } from "../guarded.ts"
import { isRecorded, tellBegun, tellNotBegun, tellWithoutJournal } from "../notBegun.ts"
import { renderRun } from "../rendering/run.ts"
import type { RunFlags } from "../commands/run.ts"
import { requireKnownProviders } from "../../settings/knownProviders.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { tellAfterRun } from "../alerting.ts"
import { writeMetricsNow } from "../telemetry/metrics.ts"
import { atWork } from "../watcher/atWork.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const encodeReport = jsonDocument(RunReport)

/** Whether the run only decides: then no one is told of it. */
const isDry = ({ dryRun, shadow }: RunFlags): boolean => dryRun || shadow

/** A run of an evicted host does nothing. A watcher ends the jobs that the host has left, if none does so already. */
const endLeft = (run: RunOptions, { end }: RunReport): Effect.Effect<void, never, Journal> =>
  end._tag === "state" && end.error._tag === "JournalFailed" && end.error.reason === "fenced"
    ? Effect.ignore(watchOpen(run))
    : Effect.void

/** Tells of a run that could not begin. */
const notBegun = (settings: Settings, flags: RunFlags, error: CommandFailure) =>
  isDry(flags) ? Effect.void : tellNotBegun(settings, flags.repo, error)

/** Tells what there is to tell after a run. What the journal could not take is told without it. */
const tellOf = Effect.fnUntraced(function* ({ repo }: RunFlags, run: RunOptions, { error, exit }: RunReport) {
  const isKept = error === undefined || exit === EXIT.ok || (yield* isRecorded(run.run))
  yield* isKept ? tellBegun : tellWithoutJournal(yield* CurrentSettings, repo, { kind: "state", message: error })
  yield* tellAfterRun(run, repo)
})

const BOTH = new WrongUsage({
  where: "--shadow --dry-run",
  what: "a dry run records nothing, and a shadow run records its decision",
  next: "Use one of them"
})

/** The layers of a run on these settings; for `--dry-run`, those that change nothing. */
export const layers = (flags: RunFlags, loaded: LoadedSettings, surroundings: Surroundings) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      if (flags.dryRun && flags.shadow) return yield* BOTH
      const { settings } = loaded
      const { dxRunner } = yield* Effect.provide(
        findTools(settings, surroundings),
        NodeExec.layerWith({ environment: surroundings.environment })
      )
      yield* requireKnownProviders(loaded, dxRunner)
      if (flags.dryRun) return dryLayer(settings, surroundings)
      return flags.shadow
        ? shadowLayer(settings, surroundings)
        : atWork(settings, surroundings, flags, layer(settings, surroundings))
    })
  ).pipe(Layer.tapError((error) => notBegun(loaded.settings, flags, error)))

export const run = (flags: RunFlags) =>
  Effect.gen(function* () {
    const [{ width }, settings, surroundings] = yield* Effect.all([Streams, CurrentSettings, ThisProcess])
    const run = yield* Effect.tapError(newRun(settings, surroundings), (error) => notBegun(settings, flags, error))
    const report = yield* flags.shadow ? shadowRun(run) : nightlyRun(run)
    const exit = yield* printResult(report.exit, flags.json ? encodeReport(report) : renderRun(report, width()))
    if (isDry(flags)) return exit
    yield* endLeft(run, report)
    yield* tellOf(flags, run, report)
    yield* writeMetricsNow(flags.metricsFile, run)
    return exit
  }).pipe(guarded("run", true))
