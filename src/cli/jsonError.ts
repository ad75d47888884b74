import { Schema } from "effect"

/** What a command prints on stdout with `--json` if it fails as a whole, besides the words on stderr. */
export const JsonError = Schema.Struct({
  error: Schema.Struct({
    /** In words, as on stderr. */
    what: Schema.String,
    exit: Schema.Int
  })
})
export const encodeJsonError = Schema.encodeSync(Schema.parseJson(JsonError))
