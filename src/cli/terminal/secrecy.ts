import { Context, Effect, Layer } from "effect"
import { Redact, redactOutput, redactor } from "../../domain/Redaction.ts"
import { secretsIn } from "../../domain/environmentSecrets.ts"
import { SETTINGS, SETTINGS_KEYS } from "../settings/keys.ts"
import { Terminal } from "./Terminal.ts"

/** Told of secrets that became known later than the environment: the settings'. By default nobody listens. */
export class KeepSecret extends Context.Reference<KeepSecret>()("nightly-dispatch/KeepSecret", {
  defaultValue: () => (_secrets: ReadonlyArray<string>) => Effect.void
}) {}

const SECRET_VARIABLES = SETTINGS_KEYS.filter((key) => SETTINGS[key].kind === "secret").map(
  (key) => SETTINGS[key].variable
)

/** What an environment holds that nobody may see, our own variables too. */
export const secretsOf = (environment: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => [
  ...secretsIn(environment),
  ...SECRET_VARIABLES.flatMap((name) => environment[name] ?? [])
]

/**
 * A terminal on which no secret is seen, of this environment, of the settings once they are known, or by its shape; and the
 * same knowledge for everybody who writes elsewhere.
 */
export const layer: Layer.Layer<Terminal, never, Terminal> = Layer.unwrapEffect(
  Effect.map(Terminal, (terminal) => {
    let known = secretsOf(terminal.environment)
    let current = redactor(known)
    const redact = (text: string) => current(text)
    const shown = redactOutput(redact)
    return Layer.mergeAll(
      Layer.succeed(Redact, redact),
      Layer.succeed(KeepSecret, (secrets) =>
        Effect.sync(() => {
          known = [...known, ...secrets]
          current = redactor(known)
        })
      ),
      Layer.succeed(Terminal, {
        ...terminal,
        out: (text) => terminal.out(shown(text)),
        err: (text) => terminal.err(shown(text))
      })
    )
  })
)
