import { neededInWords, type Needed } from "../../domain/Needed.ts"
import { colourless, oneLine } from "../../domain/Text.ts"
import { ERROR_LINES, MESSAGES, type ErrorLine } from "./errors.ts"
import { neededBy, type Cli, type Fault, type Finding } from "./finding.ts"
import { ENDS, LIMITS, type EndRow } from "./rows.ts"
import { saidIn } from "./saidIn.ts"

/** The bytes at the end of a log that are looked at. */
export const TAIL_BYTES = 16 * 1024
/** The lines among them. */
const TAIL_LINES = 40
/** Some tools print all headers of an answer on one line. */
const LINE_LENGTH = 4000
const WORDS_LENGTH = 200

/** What is known of the end of an agent. */
export interface AgentEnd {
  /** The tool that ran; `undefined` if it is another one, or a script that may run any of them. */
  readonly cli: Cli | undefined
  /** `undefined` if it is not known. */
  readonly exitCode: number | undefined
  /** The end of its log, which has both of its streams. */
  readonly tail: string
}

/** What a job's end tells. Each is `undefined` if the end does not tell it. */
export interface EndReading {
  /** The line that tells most, and what a person can do. One line. */
  readonly words?: string
  readonly reason?: string
  readonly fault?: Fault
  /** What a person must give. Then the end proves nobody's fault. */
  readonly needs?: Needed
  /** Of an end at a limit: what was printed of it, which may say until when it holds. */
  readonly limit?: string
}

/** The last lines that are not empty, without colours. An error that opencode prints as JSON over several lines is one. */
export const lastLines = (tail: string): ReadonlyArray<string> => {
  const lines = colourless(tail.slice(-TAIL_BYTES))
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-TAIL_LINES)
  const block = lines.lastIndexOf("Error: {")
  const joined = block < 0 ? lines : [...lines.slice(0, block), lines.slice(block).join(" ")]
  return joined.map((line) => oneLine(line, LINE_LENGTH))
}

/** A code above 128 means that a signal ended the tool. Then its last line does not tell why it ended. */
const hasFailed = (exitCode: number | undefined): boolean => exitCode !== undefined && exitCode > 0 && exitCode <= 128

const isExit = ({ exit }: EndRow, exitCode: number | undefined): boolean =>
  exit === "any" || (exit === "failed" ? hasFailed(exitCode) : exit === exitCode)

const last = (lines: ReadonlyArray<string>, pattern: RegExp, among: number): RegExpExecArray | undefined =>
  lines
    .slice(-among)
    .map((line) => pattern.exec(line))
    .findLast((match) => match !== null) ?? undefined

const found = (finding: Finding, line: string, cli: Cli | "any", match?: RegExpExecArray): EndReading => {
  const [said, { reason }] = [oneLine(line, WORDS_LENGTH), finding]
  if ("needs" in finding) {
    const needs = neededBy(finding, cli, match?.groups?.["variable"])
    return { words: `${said} (${neededInWords(needs)})`, reason, needs }
  }
  const { fault, hint } = finding
  return { words: hint === undefined ? said : `${said} (${hint})`, reason, fault }
}

/** With the line that was found, and the lines behind it, if it tells of a limit. */
const withLimit = (reading: EndReading, lines: ReadonlyArray<string>, { input }: RegExpExecArray): EndReading =>
  reading.reason !== undefined && LIMITS.has(reading.reason)
    ? { ...reading, limit: lines.slice(lines.lastIndexOf(input)).join("\n") }
    : reading

/** Whether the tool that ran may have printed such a line, or ended with such a code. */
const isOf = (row: EndRow | ErrorLine, cli: Cli | undefined): boolean =>
  row.cli === cli || row.cli === "any" || (cli === undefined && row.line !== undefined && row.isCommon !== true)

const byRow = ({ cli, exitCode }: AgentEnd, lines: ReadonlyArray<string>, row: EndRow): EndReading | undefined => {
  if (!isOf(row, cli) || !isExit(row, exitCode)) return undefined
  if (row.line === undefined) return found(row, lines.at(-1) ?? `exit code ${exitCode}`, row.cli)
  const match = last(lines, row.line, row.among ?? 3)
  return match && withLimit(found(row, match[0], row.cli, match), lines, match)
}

const byError = ({ cli, exitCode }: AgentEnd, lines: ReadonlyArray<string>, row: ErrorLine): EndReading | undefined => {
  if (!isOf(row, cli) || !hasFailed(exitCode)) return undefined
  const match = last(lines, row.line, row.among)
  const message = match?.groups?.["message"]
  const meaning = message === undefined ? undefined : MESSAGES.find((each) => each.message.test(message))
  if (match === undefined || message === undefined || meaning === undefined) return undefined
  const meant = meaning.message.exec(message) ?? undefined
  // Of an answer in JSON, only its message is for people.
  const said = /"message": ?"([^"\\]+)/.exec(message)?.[1] ?? message
  return withLimit(found(meaning, said, row.cli, meant), lines, match)
}

/**
 * What the end of a job tells: the line of its log that tells most, and whose fault it proves or what a person must give. Only what the tool itself says of
 * its end is a proof, and only at the very end of the log: an agent's own words, and the commands that it runs, may print any
 * error at all. Accepts any text.
 *
 * @example
 * readEnd({ cli: "claude", exitCode: 1, tail: "Not logged in · Please run /login\n" })
 * // { words: "Not logged in · …", reason: "unauthorised", needs: { kind: "login", next: "run `claude` and type /login, …" } }
 */
export const readEnd = (end: AgentEnd): EndReading => {
  const lines = saidIn(lastLines(end.tail))
  const readings = [...ENDS.map((row) => byRow(end, lines, row)), ...ERROR_LINES.map((row) => byError(end, lines, row))]
  const words = lines.at(-1)
  return (
    readings.find((reading) => reading !== undefined) ??
    (words === undefined ? {} : { words: oneLine(words, WORDS_LENGTH) })
  )
}
