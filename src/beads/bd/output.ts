import { Option, Predicate, Schema } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"

/** The two streams of one call of bd. */
export interface Said {
  readonly stdout: string
  readonly stderr: string
}

/** What bd's stdout holds: rows, an error object, nothing, or something that is not its JSON. */
export type BdAnswer =
  | { readonly _tag: "Rows"; readonly rows: ReadonlyArray<unknown> }
  | { readonly _tag: "Refusal"; readonly messages: ReadonlyArray<string> }
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Prose" }

/** No message worth reading is longer; it bounds the work on a stream full of noise. */
const LONGEST = 65_536

const parse = Schema.decodeOption(Schema.parseJson())

const textsOf = (value: unknown): ReadonlyArray<string> => {
  if (Predicate.isString(value)) return [value]
  return Predicate.hasProperty(value, "message") && Predicate.isString(value.message) ? [value.message] : []
}

/** The messages of an error object, the ones about single issues first: the summary only counts them. */
const errorsOf = (value: unknown): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(value, "error")) return []
  const failed = Predicate.hasProperty(value, "failed") && Array.isArray(value.failed) ? value.failed : []
  return [...failed.flatMap(errorsOf), ...textsOf(value.error)]
}

/**
 * Reads stdout: an array, an envelope (`data` or `items`), an error object, one issue alone, or nothing.
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
  if (messages.length > 0) return { _tag: "Refusal", messages }
  const inside = value["data"] ?? value["items"]
  if (Array.isArray(inside)) return { _tag: "Rows", rows: inside }
  if (Predicate.isRecord(inside)) return { _tag: "Rows", rows: [inside] }
  return Predicate.isString(value["id"]) ? { _tag: "Rows", rows: [value] } : { _tag: "Prose" }
}

/** The messages of one stream: those of a JSON error object (the whole stream or its last line), then its text. */
const messagesIn = (stream: string): ReadonlyArray<string> => {
  const text = stream.trim()
  if (text === "") return []
  const whole = Option.match(parse(text), { onNone: () => [], onSome: errorsOf })
  if (whole.length > 0) return whole
  const lastLine = text.slice(text.lastIndexOf("\n") + 1)
  const last = Option.match(parse(lastLine), { onNone: () => [], onSome: errorsOf })
  return [...last, text.slice(0, LONGEST)]
}

/** Everything bd said in words. Rows on stdout are data and not read: a title may quote any message. */
const messagesOf = (said: Said): ReadonlyArray<string> => [
  ...(readAnswer(said.stdout)._tag === "Rows" ? [] : messagesIn(said.stdout)),
  ...messagesIn(said.stderr)
]

const NOISE = /^\s*(?:$|warning:|hint:|note:|usage:|ℹ|💡|🔄)/i

/** What bd said, as one line for the log: its first line that speaks of an error, else its first that says anything. */
export const complaint = (said: Said): string => {
  const lines = messagesOf(said).flatMap((message) => message.split(/\r?\n/))
  const telling = lines.filter((line) => !NOISE.test(line))
  const line = telling.find((line) => /\berror\b/i.test(line)) ?? telling[0] ?? lines.find((line) => line.trim() !== "")
  return oneLine(line ?? "it said nothing")
}

/** Why bd refused a claim, as far as its words tell. */
export type Conflict =
  | { readonly _tag: "Held"; readonly holder: string | undefined }
  | { readonly _tag: "NotClaimable"; readonly status: string }

const TIMESTAMP =
  /[\s,;]*\(?(?:(?:at|since|on)\s+)?\(?\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}[\d:.,]*)?\s?(?:Z|[+-]\d{2}:?\d{2}|UTC)?\)*\s*$/i

const holderOf = (words: string): string | undefined => {
  const name = words
    .slice(0, 400)
    .replace(TIMESTAMP, "")
    .trim()
    .replace(/^"(.*)"$/, "$1")
  return name === "" ? undefined : name
}

const conflictIn = (message: string): Conflict | undefined => {
  const assigned = /already assigned to[ \t]+"([^"\n]+)"/i.exec(message)
  if (assigned?.[1] !== undefined) return { _tag: "Held", holder: assigned[1] }
  const claimed = /already claimed(?:[ \t]+by\b[ \t]*([^\r\n]*))?/i.exec(message)
  if (claimed !== null) return { _tag: "Held", holder: holderOf(claimed[1] ?? "") }
  const status = /not claimable:[ \t]+status[ \t]+(\S+)/i.exec(message)?.[1]
  return status === undefined ? undefined : { _tag: "NotClaimable", status }
}

/**
 * Finds "already claimed by X", "already assigned to "X"" and "not claimable: status S" in either stream, in any
 * casing. The holder's name is whole, several words and all; a timestamp behind it is not part of it.
 *
 * @example
 * conflictOf({ stdout: "", stderr: "Error claiming bd-1: already claimed by Recovery Agent" })
 */
export const conflictOf = (said: Said): Conflict | undefined =>
  messagesOf(said)
    .map(conflictIn)
    .find((conflict) => conflict !== undefined)

/** Whether bd says that there is no issue with this id, or only others that resemble it. */
export const saysNoSuchIssue = (said: Said, id: BeadsId): boolean =>
  messagesOf(said).some(
    (message) =>
      /\bno issues? found\b/i.test(message) ||
      /\bambiguous ID\b/i.test(message) ||
      message
        .split("\n")
        .some(
          (line) => line.includes(id) && /\bnot found\b/i.test(line) && !/\b(?:database|table|column)\b/i.test(line)
        )
  )

/** Whether bd says that it found no database. */
export const saysNoDatabase = (said: Said): boolean =>
  messagesOf(said).some((message) => /\bno beads database found\b/i.test(message))

/** Whether bd says that it knows no such command or flag. */
export const saysUnknownUsage = (said: Said): boolean =>
  messagesOf(said).some((message) => /\bunknown (?:command|flag|shorthand flag)\b/i.test(message))

/** The numbers of `bd version X.Y.Z …`; nothing when the text is something else. */
export const readVersion = (stdout: string): readonly [number, number, number] | undefined => {
  const match = /^bd version (\d{1,6})\.(\d{1,6})\.(\d{1,6})/m.exec(stdout.slice(0, LONGEST))
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])]
}

/** Whether `bd update --claim` of this version is one compare-and-set: 0.49.4 and later. */
export const claimsAtomically = ([major, minor, patch]: readonly [number, number, number]): boolean =>
  major > 0 || minor > 49 || (minor === 49 && patch >= 4)
