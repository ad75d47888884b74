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

/**
 * Whether a command line asks for JSON. Told by its words: it may be the parser that fails.
 *
 * @example
 * wantsJson(["report", "--since", "yesterday", "--format", "json"]) // true
 */
export const wantsJson = (args: ReadonlyArray<string>): boolean => {
  const end = args.indexOf("--")
  const options = end < 0 ? args : args.slice(0, end)
  return options.some(
    (word, index) =>
      ["--json", "--json=true", "--format=json"].includes(word) ||
      (word === "json" && options[index - 1] === "--format")
  )
}
