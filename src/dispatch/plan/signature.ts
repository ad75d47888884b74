import type { Issue } from "../../domain/Issue.ts"

const ERROR_LINE = /\b[A-Za-z_.]*(?:Error|Exception|Panic|panic|FAILED|Traceback|Segmentation fault)\b[^\n]*/
const FRAME = /^\s*(?:at\s+\S.*|File "[^"]+", line \d+.*|\S+\.(?:go|rs|py|js|ts|java|rb|c|cc|cpp):\d+.*)$/m
/** Characters. Two bugs may share a shorter error line by chance. */
const MIN_ERROR_LENGTH = 40

const normalise = (text: string): string =>
  text
    .toLowerCase()
    .replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, "#")
    .replace(/\s+/g, " ")
    .trim()

/**
 * Two bugs with the same signature are duplicates. The signature is the error line and its first stack frame, if the
 * description has them; else the error line, if it is at least 40 characters long; else the title. Numbers, addresses,
 * hashes, case and spaces are normalised, because they differ between occurrences.
 *
 * @example
 * signature(issue) // "typeerror: cannot read properties of undefined (reading 'id') | at parse (parse.js:#:#)"
 */
export const signature = (issue: Issue): string => {
  const error = ERROR_LINE.exec(issue.description)
  if (error === null) return `title: ${normalise(issue.title)}`
  const rest = issue.description.slice(error.index + error[0].length)
  const frame = FRAME.exec(rest)
  if (frame !== null) return `${normalise(error[0])} | ${normalise(frame[0])}`
  return error[0].length >= MIN_ERROR_LENGTH ? normalise(error[0]) : `title: ${normalise(issue.title)}`
}
