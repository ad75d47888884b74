import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { importedLayer } from "../../importedLayer.ts"
import { configured } from "../Configuration.ts"
import { json, repo, repoSetting } from "../root.ts"
import { metricsFile } from "../telemetry/metricsOption.ts"

const options = {
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Print what would be dispatched; claim, write and start nothing")
  ),
  shadow: Options.boolean("shadow").pipe(
    Options.withDescription("Record what would be dispatched, for report --shadow; claim and start nothing")
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

export type RunFlags = Command.Command.ParseConfig<typeof options>

const flagSettings = ({ max, provider, repo }: RunFlags): Record<string, unknown> => ({
  ...(Option.isSome(max) ? { limits: { maxDispatches: max.value } } : {}),
  ...(provider.length > 0 ? { providers: provider } : {}),
  ...repoSetting(repo)
})

/** What works, which is imported once the settings are known. */
const handlers = () => import("../handlers/run.ts")

export const runCommand = Command.make("run", options, (flags) =>
  Effect.flatMap(Effect.promise(handlers), ({ run }) => run(flags))
).pipe(
  Command.withDescription("Dispatch the open bugs: the night's work, and what cron calls"),
  Command.provide((flags) =>
    configured((loaded, surroundings) => importedLayer(handlers, ({ layers }) => layers(flags, loaded, surroundings)), {
      flags: flagSettings(flags),
      live: true
    })
  )
)
