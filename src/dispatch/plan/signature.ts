import type { Issue } from "../../domain/Issue.ts"
import { normalise } from "./normalise.ts"

/** Characters. An error is named at the beginning of a description; a longer text is most often a pasted log. */
const SCANNED = 16_384
/** Characters. Two bugs may share a shorter error line by chance. */
const MIN_ERROR_LENGTH = 40
/** Two bugs may share a title of fewer words by chance: "crash". */
const MIN_TITLE_WORDS = 3

const ERROR_WORD = /(?:Error|Exception|Panic|panic|FAILED|Traceback|Segmentation fault)\b/
/** What may stand before the word in the name of an error: `java.lang.`, `Type`. */
const NAME = /[A-Za-z_.]/
const FRAMES = [/^at\s+\S/, /^File "[^"]+", line \d+/, /^\S{1,500}\.(?:go|rs|py|js|ts|java|rb|c|cc|cpp):\d+/]

/** From the name of the error to the end of its line; `undefined` if the line names none. */
const errorIn = (line: string): string | undefined => {
  const found = ERROR_WORD.exec(line)
  if (found === null) return undefined
  let start = found.index
  while (start > 0 && NAME.test(line[start - 1] ?? "")) start--
  return line.slice(start)
}

/** The title; one of few words with the description. */
const titleOf = (title: string, description: string): string => {
  const short = normalise(title)
  const words = short.match(/\p{L}{2,}/gu) ?? []
  return words.length < MIN_TITLE_WORDS ? `title: ${short} | ${normalise(description)}` : `title: ${short}`
}

/**
 * Two bugs with the same signature are duplicates. The signature is the error line and its first stack frame, if the
 * description has them; else the error line, if it is at least 40 characters long; else the title, with the description if the
 * title has fewer than three words. What differs between two occurrences is left out, numbers that say which error it is are
 * not: see `normalise`. Looks at the first 16 KB of a text.
 *
 * @example
 * signature(issue) // "typeerror: cannot read properties of undefined (reading 'id') | at parse (parse.js:#:#)"
 */
export const signature = ({ description, title }: Pick<Issue, "description" | "title">): string => {
  const text = description.slice(0, SCANNED)
  const lines = text.split("\n")
  const at = lines.findIndex((line) => errorIn(line) !== undefined)
  const error = errorIn(lines[at] ?? "")
  if (error === undefined) return titleOf(title.slice(0, SCANNED), text)
  const frame = lines
    .slice(at + 1)
    .map((line) => line.trim())
    .find((line) => FRAMES.some((pattern) => pattern.test(line)))
  if (frame !== undefined) return `${normalise(error)} | ${normalise(frame)}`
  return error.length >= MIN_ERROR_LENGTH ? normalise(error) : titleOf(title.slice(0, SCANNED), text)
}
