import { Context, Effect, Layer } from "effect"
import { Redact, redactOutput, redactor } from "../../domain/Redaction.ts"
import { secretsIn } from "../../domain/environmentSecrets.ts"
import { ThisProcess, variable, type Environment } from "../../surroundings.ts"
import { collectorSecrets } from "../telemetry/otlp/collectors.ts"
import { SETTINGS, SETTINGS_KEYS } from "../../settings/keys.ts"
import { Streams } from "./Streams.ts"

/** Adds the secrets of the settings, which are loaded later than the environment. Does nothing by default. */
export class KeepSecret extends Context.Reference<KeepSecret>()("nightly-dispatch/KeepSecret", {
  defaultValue: () => (_secrets: ReadonlyArray<string>) => Effect.void
}) {}

const SECRET_VARIABLES = SETTINGS_KEYS.filter((key) => SETTINGS[key].kind === "secret").map(
  (key) => SETTINGS[key].variable
)

/** The secrets in an environment, with those of our own variables and of telemetry. */
export const secretsOf = (environment: Environment): ReadonlyArray<string> => [
  ...secretsIn(environment),
  ...collectorSecrets(environment),
  ...SECRET_VARIABLES.flatMap((name) => variable(environment, name) ?? [])
]

/**
 * Streams that redact the secrets of the environment, those of the settings once they are loaded, and every text that has
 * the shape of a secret. `Redact` redacts the same for tracker, journal and prompts.
 */
export const layer: Layer.Layer<Streams, never, Streams | ThisProcess> = Layer.unwrapEffect(
  Effect.map(Effect.all([Streams, ThisProcess]), ([streams, { environment }]) => {
    let secrets = secretsOf(environment)
    let current = redactor(secrets)
    const redact = (text: string) => current(text)
    const shown = redactOutput(redact)
    return Layer.mergeAll(
      Layer.succeed(Redact, redact),
      Layer.succeed(KeepSecret, (more) =>
        Effect.sync(() => {
          secrets = [...secrets, ...more]
          current = redactor(secrets)
        })
      ),
      Layer.succeed(Streams, {
        ...streams,
        out: (text) => streams.out(shown(text)),
        err: (text) => streams.err(shown(text))
      })
    )
  })
)
