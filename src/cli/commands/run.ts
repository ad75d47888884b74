import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Option, Schema } from "effect"
import { Heartbeat } from "../../alerts/Heartbeat.ts"
import { nightlyRun } from "../../dispatch/nightlyRun.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { dryLayer, heartbeat, layer } from "../../layer.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { findTools, newRun, newRunId } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { EXIT_OF, type CommandFailure } from "../exit.ts"
import { guarded } from "../guarded.ts"
import { renderRun } from "../rendering/run.ts"
import { json, repo, repoSetting } from "../root.ts"
import { configured } from "../Configuration.ts"
import { requireKnownProviders } from "../settings/knownProviders.ts"
import { warmUp } from "../settings/warmUp.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { tellAfterRun } from "../alerting.ts"
import { metricsFile, writeMetricsNow } from "../telemetry/metrics.ts"
import { atWork } from "../watcher/atWork.ts"

const options = {
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Print what would be dispatched; claim, write and start nothing")
  ),
  max: Options.integer("max").pipe(Options.optional, Options.withDescription("At most this many dispatches")),
  provider: Options.text("provider").pipe(
    Options.withPseudoName("name"),
    Options.repeated,
    Options.withDescription("Use this provider; repeat it for a chain, tried in this order")
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

/** Tells the heartbeat that a run could not even begin. A dry run tells nothing. */
const tellNotBegun =
  (settings: Settings, { dryRun }: RunFlags) =>
  ({ _tag, message }: CommandFailure): Effect.Effect<void> =>
    Effect.flatMap(Effect.all([Heartbeat, newRunId]), ([{ ended }, run]) => ended(run, EXIT_OF[_tag], message)).pipe(
      Effect.provide(heartbeat(settings)),
      Effect.unless(() => dryRun)
    )

/** The layers of a run: on the settings in force, warm-up included; for `--dry-run`, those that change nothing. */
const runLayer = (flags: RunFlags) =>
  configured(
    (loaded, surroundings) =>
      Layer.unwrapEffect(
        Effect.gen(function* () {
          const { dxRunner, state } = yield* Effect.provide(
            findTools(loaded.settings, surroundings),
            NodeExec.layerWith({ environment: surroundings.environment })
          )
          yield* requireKnownProviders(loaded, dxRunner)
          const settings = yield* warmUp(loaded, state.directory, !flags.dryRun)
          return flags.dryRun
            ? dryLayer(settings, surroundings)
            : atWork(settings, surroundings, flags, layer(settings, surroundings))
        })
      ).pipe(Layer.tapError(tellNotBegun(loaded.settings, flags))),
    { flags: flagSettings(flags), live: true }
  )

export const runCommand = Command.make("run", options, (flags) =>
  Effect.gen(function* () {
    const [{ width }, settings, surroundings] = yield* Effect.all([Streams, CurrentSettings, ThisProcess])
    const run = yield* Effect.tapError(newRun(settings, surroundings), tellNotBegun(settings, flags))
    const report = yield* nightlyRun(run)
    const exit = yield* printResult(report.exit, flags.json ? encodeReport(report) : renderRun(report, width()))
    if (flags.dryRun) return exit
    yield* tellAfterRun(run, flags.repo)
    yield* writeMetricsNow(flags.metricsFile, run)
    return exit
  }).pipe(guarded("run", true))
).pipe(
  Command.withDescription("Dispatch the open bugs: the night's work, and what cron calls"),
  Command.provide(runLayer)
)
