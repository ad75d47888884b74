import { oneLine } from "../../domain/Text.ts"
import { codeIn, colourless, linesOf, type RunnerOutput } from "./lines.ts"

/** What a preflight's transcript says. */
export interface Transcript {
  readonly errors: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  /** Lines worth logging: what is there, what is missing, which model. */
  readonly lines: ReadonlyArray<string>
  /** The models that were probed. */
  readonly models: ReadonlyArray<string>
}

const REASON_LENGTH = 200
const MAX_LINES = 100

const after = (line: string, mark: string): string | undefined => {
  const at = line.lastIndexOf(mark)
  return at < 0 ? undefined : line.slice(at + mark.length).trim() || undefined
}

const missingModel = (line: string): string | undefined => {
  if (!/canonical model.*missing/i.test(line)) return undefined
  const model = /\(([^()]+)\)/.exec(line)?.[1]
  return model === undefined ? "Canonical model unavailable" : `Canonical model unavailable: ${model}`
}

/** `ERROR_CODE=x severity=… action=y` → `x (y)`. */
const coded = (line: string, mark: "ERROR_CODE=" | "WARN_CODE="): string | undefined => {
  if (!line.startsWith(mark)) return undefined
  const [code = ""] = line.slice(mark.length).split(" ")
  const action = / action=(\S+)/.exec(line)?.[1]
  return action === undefined ? code : `${code} (${action})`
}

const errorOf = (line: string): string | undefined => missingModel(line) ?? after(line, "ERROR:")

const failedCheck = (line: string): string | undefined =>
  /^[^=].*: (MISSING|FAILED|BLOCKED|UNSUPPORTED|NO_[A-Z_]+|[A-Z_]+_FAILED|INVALID_[A-Z]+|TOKEN_[A-Z_]+)\b/.test(line)
    ? line
    : undefined

const collect = (lines: ReadonlyArray<string>, read: (line: string) => string | undefined): ReadonlyArray<string> =>
  lines.flatMap((line) => read(line) ?? [])

/** Reads a preflight's transcript. Total: text that is no transcript has no errors, no warnings and no lines. */
export const transcript = (stdout: string): Transcript => {
  const lines = linesOf(stdout)
  const status = /\bok\b|error|missing|model|warn|fail|blocked|timeout|unsupported|unavailable|\bno_/i
  return {
    errors: collect(lines, errorOf),
    warnings: collect(lines, (line) => coded(line, "WARN_CODE=") ?? after(line, "WARN:")).slice(0, MAX_LINES),
    lines: lines.filter((line) => !line.startsWith("===") && status.test(line)).slice(0, MAX_LINES),
    models: collect(lines, (line) => /^canonical model probe: \w+ \(([^()]+)\)/.exec(line)?.[1])
  }
}

const markedError = (stdout: string): string | undefined =>
  collect(linesOf(stdout), (line) => after(line, "[ERROR]"))[0]

const cut = (text: string): string | undefined => oneLine(colourless(text), REASON_LENGTH) || undefined

/**
 * Why a preflight failed, in one line: a line marked `[ERROR]`, else the first error in the transcript's own order,
 * where a missing canonical model is said plainly, else a code with its advice, else the first check that failed, else
 * the beginning of what was printed. The diagnostics are on stdout; stderr is asked only when that says nothing.
 */
export const preflightReason = (output: RunnerOutput): string => {
  const lines = linesOf(output.stdout)
  return (
    markedError(output.stdout) ??
    collect(lines, errorOf)[0] ??
    collect(lines, (line) => coded(line, "ERROR_CODE="))[0] ??
    collect(lines, failedCheck)[0] ??
    cut(output.stdout) ??
    cut(output.stderr) ??
    `no error output (exit ${output.exitCode})`
  )
}

const machineLine = /^(reason_code|next_action|rejected_path|policy|remedy)=|^provider switch detected/

/**
 * Why any other command failed, in one line: a line of stdout marked `[ERROR]`, else an error on stdout, else an
 * `ERROR:` line or the beginning of stderr, else the code it gave, else that it said nothing. A preflight's transcript
 * that passed is no reason.
 */
export const failureReason = (output: RunnerOutput): string => {
  const stderr = linesOf(output.stderr).filter((line) => !machineLine.test(line))
  const { reasonCode } = codeIn(output)
  const said = /^=== /m.test(output.stdout) ? undefined : cut(output.stdout)
  return (
    markedError(output.stdout) ??
    collect(linesOf(output.stdout), errorOf)[0] ??
    collect(stderr, errorOf)[0] ??
    cut(stderr.join(" ")) ??
    reasonCode ??
    said ??
    `no error output (exit ${output.exitCode})`
  )
}
