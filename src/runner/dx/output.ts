import { Option, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { colourless, excerpt, oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"

/** How a command of dx-runner ended: its exit code, both streams, and how long it took if that is known. */
export type RunnerOutput = Pick<ExecResult, "exitCode" | "stdout" | "stderr"> & Partial<Pick<ExecResult, "duration">>

const MAX_LINES = 100

/** The lines that are not empty, without control characters. */
const linesOf = (text: string): ReadonlyArray<string> =>
  colourless(excerpt(text))
    .split(/\r?\n/)
    .map((line) => oneLine(line))
    .filter((line) => line !== "")

type Reader = (line: string) => string | undefined

const all = (lines: ReadonlyArray<string>, read: Reader): ReadonlyArray<string> =>
  lines.flatMap((line) => read(line) ?? [])

const after =
  (mark: string): Reader =>
  (line) => {
    const at = line.lastIndexOf(mark)
    return at < 0 ? undefined : line.slice(at + mark.length).trim() || undefined
  }

const markedError = after("[ERROR]")

const missingModel: Reader = (line) => {
  if (!/canonical model.*missing/i.test(line)) return undefined
  const model = /\(([^()]+)\)/.exec(line)?.[1]
  return model === undefined ? "Canonical model unavailable" : `Canonical model unavailable: ${model}`
}

const plainError: Reader = (line) => missingModel(line) ?? after("ERROR:")(line)

/** `ERROR_CODE=x severity=… action=y` → `x (y)`. */
const coded =
  (mark: "ERROR_CODE=" | "WARN_CODE="): Reader =>
  (line) => {
    if (!line.startsWith(mark)) return undefined
    const [code = ""] = line.slice(mark.length).split(" ")
    const action = / action=(\S+)/.exec(line)?.[1]
    return action === undefined ? code : `${code} (${action})`
  }

const FAILED = "MISSING|FAILED|BLOCKED|UNSUPPORTED|NO_[A-Z_]+|[A-Z_]+_FAILED|INVALID_[A-Z]+|TOKEN_[A-Z_]+"
const FAILED_CHECK = new RegExp(`^[^=].*: (?:${FAILED})\\b.*$`)
const failedCheck: Reader = (line) => FAILED_CHECK.exec(line)?.[0]

const STATUS = /\bok\b|error|missing|model|warn|fail|blocked|timeout|unsupported|unavailable|\bno_/i

/**
 * A preflight's errors, warnings, status lines for the log, and the models that it tried. Accepts any text; text that is no
 * preflight's has none of them.
 */
export const transcript = (stdout: string) => {
  const lines = linesOf(stdout)
  return {
    errors: all(lines, plainError),
    warnings: all(lines, (line) => coded("WARN_CODE=")(line) ?? after("WARN:")(line)).slice(0, MAX_LINES),
    lines: lines.filter((line) => !line.startsWith("===") && STATUS.test(line)).slice(0, MAX_LINES),
    models: all(lines, (line) => /^canonical model probe: \w+ \(([^()]+)\)/.exec(line)?.[1])
  }
}

const cut = (text: string): string | undefined => oneLine(colourless(text), 200) || undefined

/**
 * Why a preflight failed, in one line. The first that exists on stdout: an `[ERROR]` line, an error line, an `ERROR_CODE=`
 * with its advice, a failed check, any text. Else the beginning of stderr.
 */
export const preflightReason = ({ exitCode, stdout, stderr }: RunnerOutput): string => {
  const lines = linesOf(stdout)
  const [reason] = [markedError, plainError, coded("ERROR_CODE="), failedCheck].flatMap((read) => all(lines, read))
  return reason ?? cut(stdout) ?? cut(stderr) ?? `no error output (exit ${exitCode})`
}

const MACHINE_LINE = /^(reason_code|next_action|rejected_path|policy|remedy)=|^provider switch detected/

/**
 * Why any other command failed, in one line. The first that exists: an `[ERROR]` line or an error line on stdout, an error
 * line on stderr, the beginning of stderr, the `reason_code=`, the beginning of stdout unless a preflight printed it.
 */
export const failureReason = (output: RunnerOutput): string => {
  const lines = linesOf(output.stdout)
  const stderr = linesOf(output.stderr).filter((line) => !MACHINE_LINE.test(line))
  return (
    [...all(lines, markedError), ...all(lines, plainError), ...all(stderr, plainError)][0] ??
    cut(stderr.join(" ")) ??
    codeIn(output).reasonCode ??
    (/^=== /m.test(output.stdout) ? undefined : cut(output.stdout)) ??
    `no error output (exit ${output.exitCode})`
  )
}

const firstMatch = ({ stdout, stderr }: RunnerOutput, pattern: RegExp) =>
  (pattern.exec(stdout) ?? pattern.exec(stderr))?.[1]

/** dx-runner's own code and advice. It prints them on either stream, and inside parentheses on stderr. */
export const codeIn = (output: RunnerOutput) => ({
  reasonCode: firstMatch(output, /(?:^|[\s(])(?:reason_code|ERROR_CODE)=([\w.-]{1,100})/),
  nextAction:
    firstMatch(output, /(?:^|[\s(])next_action=([\w.-]{1,200})/) ??
    firstMatch(output, /ERROR_CODE=[\w.-]+ (?:severity=\w+ )?action=([\w.-]{1,200})/)
})

const STARTED = /^started beads=(?<beads>\S+) provider=(?<provider>\S+) pid=(?<pid>\d+)(?: log=(?<log>.+))?$/
const Pid = Schema.NumberFromString.pipe(Schema.int(), Schema.greaterThan(1))
const decodePid = Schema.decodeUnknownOption(Pid)
const decodeStarted = Schema.decodeUnknownOption(
  Schema.Struct({ beads: BeadsId, provider: ProviderName, pid: Pid, log: Schema.optional(Schema.String) })
)

/** Every `started beads=… provider=… pid=… log=…` on stdout that names a bug, a provider and a process. */
export const startedLines = (stdout: string) =>
  linesOf(stdout).flatMap((line) => Option.toArray(decodeStarted(STARTED.exec(line)?.groups)))

/** The bug and the pid in `job bd-1 already running (pid=4711)`. `undefined` if there is no such line. */
export const alreadyRunning = (text: string) => {
  const [, beads, pid] = /^job (\S+) already running \(pid=(\d*)\)/m.exec(text) ?? []
  return beads === undefined ? undefined : { beads, pid: Option.getOrUndefined(decodePid(pid)) }
}

/** What the installed revision can do, from its usage text. */
export const capabilities = (usage: string) => {
  const requireCommit = usage.includes("--require-commit-artifact")
  const caps = /concurrency cap/i.test(usage)
  // The usage does not mention these two: the revision that brought the caps uses the model of `--model` (the older one
  // ignores it), and wants the tracker's metadata.json before every command.
  const newer = requireCommit || caps
  return { requireCommit, caps, model: newer, metadata: newer }
}
