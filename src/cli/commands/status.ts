import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer } from "effect"
import { configured } from "../Configuration.ts"
import { json, repo, repoSetting } from "../root.ts"
import { metricsFile } from "../telemetry/metricsOption.ts"

const options = {
  json,
  repo,
  metricsFile,
  all: Options.boolean("all").pipe(
    Options.withDescription("List every bug that is left alone, and everything that needs you")
  ),
  allRepos: Options.boolean("all-repos").pipe(
    Options.withDescription("Show every repository that your dispatchers on this host work on")
  ),
  watch: Options.boolean("watch").pipe(
    Options.withDescription("Show it anew every two seconds, on a terminal, until q or ctrl-c")
  )
}

export type StatusFlags = Command.Command.ParseConfig<typeof options>

/** What works, which is imported once the settings are known. */
const handlers = () => import("../handlers/status.ts")

export const statusCommand = Command.make("status", options, (flags) =>
  Effect.flatMap(Effect.promise(handlers), ({ status }) => status(flags))
).pipe(
  Command.withDescription(
    "Show whether the runs came, what needs you and which command deals with it, what runs now, and how the providers do"
  ),
  Command.provide(({ allRepos, repo }) =>
    configured(() => Layer.empty, { flags: repoSetting(repo), withoutFile: allRepos })
  )
)
