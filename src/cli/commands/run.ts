import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Option, Schema } from "effect"
import { nightlyRun } from "../../dispatch/nightlyRun.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { dryLayer, layer } from "../../layer.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { findTools, newRun } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import type { CommandFailure } from "../exit.ts"
import { guarded } from "../guarded.ts"
import { isRecorded, tellBegun, tellNotBegun, tellWithoutJournal } from "../notBegun.ts"
import { renderRun } from "../rendering/run.ts"
import { json, repo, repoSetting } from "../root.ts"
import { configured } from "../Configuration.ts"
import { requireKnownProviders } from "../settings/knownProviders.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { tellAfterRun } from "../alerting.ts"
import { metricsFile, writeMetricsNow } from "../telemetry/metrics.ts"
import { atWork } from "../watcher/atWork.ts"

const options = {
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Print what would be dispatched; claim, write and start nothing")
  ),
  max: Options.integer("max").pipe(
    Options.optional,
    Options.withDescription("At most this many dispatches; else limits.maxDispatches. With 0 it only settles")
  ),
  provider: Options.text("provider").pipe(
    Options.withPseudoName("name"),
    Options.repeated,
    Options.withDescription(
      "Use this provider; repeat it for a chain, tried in this order; else providers of the settings"
    )
  ),
  repo,
  json,
  metricsFile
}

type RunFlags = Command.Command.ParseConfig<typeof options>

const flagSettings = ({ max, provider, repo }: RunFlags): Record<string, unknown> => ({
  ...(Option.isSome(max) ? { limits: { maxDispatches: max.value } } : {}),
  ...(provider.length > 0 ? { providers: provider } : {}),
  ...repoSetting(repo)
})

const encodeReport = Schema.encodeSync(Schema.parseJson(RunReport))

/** Tells of a run that could not begin. A dry run tells nothing. */
const notBegun = (settings: Settings, { dryRun, repo }: RunFlags, error: CommandFailure) =>
  dryRun ? Effect.void : tellNotBegun(settings, repo, error)

/** Tells what there is to tell after a run. What the journal could not take is told without it. */
const tellOf = Effect.fnUntraced(function* ({ repo }: RunFlags, run: RunOptions, { error, exit }: RunReport) {
  const isKept = error === undefined || exit === EXIT.ok || (yield* isRecorded(run.run))
  yield* isKept ? tellBegun : tellWithoutJournal(yield* CurrentSettings, repo, { kind: "state", message: error })
  yield* tellAfterRun(run, repo)
})

/** The layers of a run: on the settings in force; for `--dry-run`, those that change nothing. */
const runLayer = (flags: RunFlags) =>
  configured(
    (loaded, surroundings) =>
      Layer.unwrapEffect(
        Effect.gen(function* () {
          const { settings } = loaded
          const { dxRunner } = yield* Effect.provide(
            findTools(settings, surroundings),
            NodeExec.layerWith({ environment: surroundings.environment })
          )
          yield* requireKnownProviders(loaded, dxRunner)
          return flags.dryRun
            ? dryLayer(settings, surroundings)
            : atWork(settings, surroundings, flags, layer(settings, surroundings))
        })
      ).pipe(Layer.tapError((error) => notBegun(loaded.settings, flags, error))),
    { flags: flagSettings(flags), live: true }
  )

export const runCommand = Command.make("run", options, (flags) =>
  Effect.gen(function* () {
    const [{ width }, settings, surroundings] = yield* Effect.all([Streams, CurrentSettings, ThisProcess])
    const run = yield* Effect.tapError(newRun(settings, surroundings), (error) => notBegun(settings, flags, error))
    const report = yield* nightlyRun(run)
    const exit = yield* printResult(report.exit, flags.json ? encodeReport(report) : renderRun(report, width()))
    if (flags.dryRun) return exit
    yield* tellOf(flags, run, report)
    yield* writeMetricsNow(flags.metricsFile, run)
    return exit
  }).pipe(guarded("run", true))
).pipe(
  Command.withDescription("Dispatch the open bugs: the night's work, and what cron calls"),
  Command.provide(runLayer)
)
