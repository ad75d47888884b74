import { Schema } from "effect"
import { ErrorDocument } from "../domain/Explanation.ts"

export const encodeError = Schema.encodeSync(Schema.parseJson(ErrorDocument))

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
