import type { BeadsId } from "../../domain/Ids.ts"
import { excerpt, MESSAGE_LENGTH, oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { errorsIn, readAnswer } from "./answer.ts"

/** The two streams of one call of bd. */
type Output = Pick<ExecResult, "stdout" | "stderr">

/** The messages of the JSON error object that is the whole stream; else those of its last line, then the stream's text. */
const messagesIn = (stream: string): ReadonlyArray<string> => {
  const text = stream.trim()
  if (text === "") return []
  const whole = errorsIn(text)
  return whole.length > 0 ? whole : [...errorsIn(text.slice(text.lastIndexOf("\n") + 1)), excerpt(text)]
}

const holdsRows = (stdout: string): boolean =>
  stdout.length > MESSAGE_LENGTH ? /^\s*[[{]/.test(stdout) : readAnswer(stdout)._tag === "Rows"

/** All messages of a call. Rows on stdout are left out: the title of an issue may quote any message. */
const messagesOf = ({ stderr, stdout }: Output): ReadonlyArray<string> => [
  ...(holdsRows(stdout) ? [] : messagesIn(stdout)),
  ...messagesIn(stderr)
]

const linesOf = (messages: ReadonlyArray<string>): ReadonlyArray<string> =>
  messages.flatMap((message) => message.split(/\r?\n/))

// `show` prints the sentence about provided ids for any failure.
const NOISE = /^\s*(?:$|warning:|hint:|note:|usage:|ℹ|💡|🔄|no issues found matching the provided ids$)/i

/** bd's own words as one line for the log: the first line with "error", else the first line that is not noise. */
export const errorLine = (output: Output): string => {
  const lines = linesOf(messagesOf(output))
  const useful = lines.filter((line) => !NOISE.test(line))
  const line = useful.find((line) => /\berror\b/i.test(line)) ?? useful[0] ?? lines.find((line) => line.trim() !== "")
  return oneLine(line ?? "no message on either stream")
}

/** The reason that bd gives for not making a claim. */
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
  const status = /not claimable:[ \t]+(?:\S+[ \t]+)?status[ \t]+(\S+)/i.exec(message)?.[1]
  return status === undefined ? undefined : { _tag: "NotClaimable", status }
}

/**
 * Finds "already claimed by X", "already assigned to "X"" and "not claimable: status S" in either stream, in any casing.
 * A holder's name may have several words; a timestamp after the name is not part of it.
 *
 * @example
 * conflictOf({ stdout: "", stderr: "Error claiming bd-1: already claimed by Recovery Agent" })
 */
export const conflictOf = (output: Output): Conflict | undefined =>
  messagesOf(output)
    .map(conflictIn)
    .find((conflict) => conflict !== undefined)

/** The first match in bd's messages; `undefined` if there is none. */
export const findIn = (output: Output, pattern: RegExp): RegExpExecArray | undefined =>
  messagesOf(output)
    .map((message) => pattern.exec(message))
    .find((match) => match !== null) ?? undefined

const says = (pattern: RegExp) => (output: Output) => findIn(output, pattern) !== undefined

/**
 * Whether the answer of `bd show` says that there is no issue with this id. On stdout bd ends any failure of `show` with "no
 * issues found", so only what names the id counts: its line on stderr; of a daemon (up to 0.49.6), its error on stdout.
 *
 * @example
 * saysNoSuchIssue({ stdout: "", stderr: "Issue bd-9 not found\n" }, id) // true
 */
export const saysNoSuchIssue = ({ stderr, stdout }: Output, id: BeadsId): boolean => {
  const unmatched = `no issue found matching "${id}"`
  return (
    linesOf(messagesIn(stderr)).some(
      (line) => line === `Issue ${id} not found` || line === `Error fetching ${id}: ${unmatched}`
    ) || errorsIn(stdout).some((error) => error.startsWith(`resolving ID ${id}: `) && error.endsWith(unmatched))
  )
}

/** Whether bd says that it found no database. */
export const saysNoDatabase = says(/\bno beads database found\b/i)

/** Whether bd says that it does not have this command or flag. */
export const saysUnknownUsage = says(/\bunknown (?:command|flag|shorthand flag)\b/i)
