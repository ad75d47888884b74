import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { json } from "../root.ts"
import * as Configuration from "../Configuration.ts"
import { settingsJson, showSettings } from "../settings/show.ts"
import { printResult, Streams } from "../terminal/Streams.ts"

const show = Command.make("show", { json }, (flags) =>
  Effect.gen(function* () {
    const [{ outColor }, loaded] = yield* Effect.all([Streams, Configuration.Configuration])
    return yield* printResult(EXIT.ok, flags.json ? settingsJson(loaded) : showSettings(loaded, { color: outColor }))
  })
).pipe(
  Command.withDescription("Print every setting in force, and where it came from"),
  Command.provide(Configuration.layer())
)

export const configCommand = Command.make("config").pipe(
  Command.withDescription("The settings, as flags, environment, file and defaults give them"),
  Command.withSubcommands([show])
)
