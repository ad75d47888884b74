import { Option, Predicate, Schema } from "effect"
import { MESSAGE_LENGTH } from "../../domain/Text.ts"

/** What bd's stdout contains: rows, a JSON error object, nothing, or some other text. */
type BdAnswer =
  | { readonly _tag: "Rows"; readonly rows: ReadonlyArray<unknown> }
  | { readonly _tag: "ErrorObject"; readonly messages: ReadonlyArray<string> }
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Prose" }

const parse = Schema.decodeOption(Schema.parseJson())

const textsOf = (value: unknown): ReadonlyArray<string> => {
  if (Predicate.isString(value)) return [value]
  return Predicate.hasProperty(value, "message") && Predicate.isString(value.message) ? [value.message] : []
}

const errorsOf = (value: unknown): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(value, "error")) return []
  const failed: ReadonlyArray<unknown> =
    Predicate.hasProperty(value, "failed") && Array.isArray(value.failed) ? value.failed : []
  return [...failed, value].flatMap((each) => (Predicate.hasProperty(each, "error") ? textsOf(each.error) : []))
}

/** The messages of the JSON error object in `text`. Messages about single issues come first: the summary only counts them. */
export const errorsIn = (text: string): ReadonlyArray<string> =>
  text.length > MESSAGE_LENGTH || !text.trimStart().startsWith("{")
    ? []
    : Option.match(parse(text), { onNone: () => [], onSome: errorsOf })

/**
 * Reads stdout: an array, an envelope (`data` or `items`), an error object, a single issue, or nothing.
 *
 * @example
 * readAnswer('{"schema_version":1,"data":[]}') // Rows, none
 */
export const readAnswer = (stdout: string): BdAnswer => {
  if (stdout.trim() === "") return { _tag: "Empty" }
  const value = Option.getOrUndefined(parse(stdout))
  if (Array.isArray(value)) return { _tag: "Rows", rows: value }
  if (!Predicate.isRecord(value)) return { _tag: "Prose" }
  const messages = errorsOf(value)
  if (messages.length > 0) return { _tag: "ErrorObject", messages }
  const content = value["data"] ?? value["items"]
  if (Array.isArray(content)) return { _tag: "Rows", rows: content }
  if (Predicate.isRecord(content)) return { _tag: "Rows", rows: [content] }
  return Predicate.isString(value["id"]) ? { _tag: "Rows", rows: [value] } : { _tag: "Prose" }
}
