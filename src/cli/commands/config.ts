import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { findTools } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import * as Configuration from "../Configuration.ts"
import { frameHere } from "../frame.ts"
import { json } from "../root.ts"
import { CheckedSettings, checkText, problemsInUse } from "../settings/check.ts"
import { variablesRead } from "../../settings/environment.ts"
import { settingsJsonSchema } from "../settings/jsonSchema.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { settingsJson, showSettings } from "../settings/show.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { init } from "./configInit.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const changed = Options.boolean("changed").pipe(
  Options.withDescription("Only the settings that differ from their defaults")
)

const show = Command.make("show", { changed, json }, ({ changed, json }) =>
  Effect.gen(function* () {
    const [{ outColor: color }, loaded] = yield* Effect.all([Streams, Configuration.Configuration])
    const text = json ? settingsJson(loaded, { changed }) : showSettings(loaded, { color, changed })
    return yield* printResult(EXIT.ok, text)
  })
).pipe(
  Command.withDescription("Print every setting in force, and where it came from"),
  Command.provide(Configuration.layer())
)

const encodeChecked = jsonDocument(CheckedSettings, { space: 2 })

/** The problems of loaded settings that a run would meet at its start. */
const inUse = Effect.fnUntraced(function* (loaded: LoadedSettings) {
  const process = yield* ThisProcess
  const { dxRunner } = yield* Effect.provide(
    findTools(loaded.settings, process),
    NodeExec.layerWith({ environment: process.environment })
  )
  return yield* problemsInUse(loaded, dxRunner)
})

const check = Command.make("check", { json }, (flags) =>
  Effect.gen(function* () {
    const loaded = yield* Effect.either(Configuration.load())
    const problems = Either.isLeft(loaded) ? loaded.left.problems : yield* inUse(loaded.right)
    const checked = {
      ok: problems.length === 0,
      file: Either.merge(loaded).file ?? null,
      variables: variablesRead(yield* ThisProcess),
      problems
    }
    const text = flags.json ? encodeChecked(checked) : checkText(yield* frameHere(), checked)
    return yield* printResult(checked.ok ? EXIT.ok : EXIT.config, text)
  })
).pipe(
  Command.withDescription(
    "Find every mistake in the settings, each with its place and how to write it. Exit 5 if there is one"
  )
)

const schema = Command.make("schema", {}, () =>
  printResult(EXIT.ok, JSON.stringify(settingsJsonSchema(), null, 2))
).pipe(Command.withDescription("Print the JSON Schema of a settings file, for editors"))

export const configCommand = Command.make("config").pipe(
  Command.withDescription("The settings, as flags, environment, file and defaults give them"),
  Command.withSubcommands([init, check, show, schema])
)
