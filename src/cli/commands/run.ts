import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { nightlyRun } from "../../dispatch/nightlyRun.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { dryLayer, layer } from "../../layer.ts"
import { stateDirectory } from "../../surroundings.ts"
import { renderRun } from "../rendering/run.ts"
import { root } from "../root.ts"
import { printResult, failWith, load, logging, surroundings, type Globals } from "../session.ts"
import { warmUp } from "../warmUp.ts"
import { withRun } from "../withRun.ts"

const options = {
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Say what would be dispatched. Claims, writes and starts nothing")
  ),
  max: Options.integer("max").pipe(Options.optional, Options.withDescription("At most this many dispatches")),
  provider: Options.text("provider").pipe(
    Options.repeated,
    Options.withDescription("Use this provider; repeat it for a chain, tried in this order")
  ),
  repo: Options.text("repo").pipe(Options.optional, Options.withDescription("The repository's name under $HOME")),
  json: Options.boolean("json").pipe(Options.withDescription("Print one JSON document"))
}

interface RunFlags {
  readonly dryRun: boolean
  readonly max: Option.Option<number>
  readonly provider: ReadonlyArray<string>
  readonly repo: Option.Option<string>
  readonly json: boolean
}

const flagSettings = ({ max, provider, repo }: RunFlags): Record<string, unknown> => ({
  ...(Option.isSome(max) ? { limits: { maxDispatches: max.value } } : {}),
  ...(provider.length > 0 ? { providers: provider } : {}),
  ...(Option.isSome(repo) ? { repo: repo.value } : {})
})

const encodeReport = Schema.encodeSync(Schema.parseJson(RunReport))

const night = Effect.fn("run")(function* (globals: Globals, flags: RunFlags) {
  const loaded = yield* load(globals, flagSettings(flags))
  const around = yield* surroundings
  const settings = yield* warmUp(
    loaded.settings,
    stateDirectory(loaded.settings, around),
    loaded.sources.get("limits.maxParallel") ?? "default",
    !flags.dryRun
  ).pipe(Effect.catchAll((error) => failWith(EXIT.state, `the state directory cannot be used: ${error.message}`)))
  return yield* withRun(settings, (flags.dryRun ? dryLayer : layer)(settings, around), nightlyRun)
})

export const runCommand = Command.make("run", options, (flags) =>
  Effect.gen(function* () {
    const globals = yield* root
    const report = yield* night(globals, flags).pipe(Effect.provide(logging(globals, true)))
    yield* printResult(report.exit, flags.json ? encodeReport(report) : renderRun(report))
  })
).pipe(Command.withDescription("The night's work: dispatch the open bugs. What cron calls"))
