import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { root } from "../root.ts"
import { printResult, load } from "../session.ts"
import { settingsJson, showSettings } from "../settings/show.ts"
import { Terminal } from "../terminal/Terminal.ts"

const show = Command.make(
  "show",
  { json: Options.boolean("json").pipe(Options.withDescription("Print one JSON document")) },
  ({ json }) =>
    Effect.gen(function* () {
      const { outColor } = yield* Terminal
      const loaded = yield* load(yield* root, {})
      yield* printResult(EXIT.ok, json ? settingsJson(loaded) : showSettings(loaded, { color: outColor }))
    })
).pipe(Command.withDescription("The settings in force, and where each came from"))

export const configCommand = Command.make("config").pipe(
  Command.withDescription("What is configured by flags, environment, file and defaults"),
  Command.withSubcommands([show])
)
