import { Effect, Schema } from "effect"
import { EXIT_OF, type CommandFailure } from "./exit.ts"
import { Streams } from "./terminal/Streams.ts"

/** What a command prints with `--json` if it fails as a whole. */
export const JsonError = Schema.Struct({
  error: Schema.Struct({
    /** In words, as on stderr. */
    what: Schema.String,
    exit: Schema.Int
  })
})
const encode = Schema.encodeSync(Schema.parseJson(JsonError))

/** With `asJson`, prints a failure as one JSON document on stdout, too. */
export const orJsonError =
  (asJson: boolean) =>
  <A, E extends CommandFailure, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Streams> =>
    Effect.tapError(command, ({ _tag, message }) =>
      asJson
        ? Effect.flatMap(Streams, ({ out }) => out(`${encode({ error: { what: message, exit: EXIT_OF[_tag] } })}\n`))
        : Effect.void
    )
