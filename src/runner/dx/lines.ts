import { Option, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"

/** What a command of dx-runner left behind: its exit code and both streams. */
export interface RunnerOutput {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The acknowledgement's line: `started beads=… provider=… pid=… log=…`. */
export interface StartedLine {
  readonly beads: BeadsId
  readonly provider: ProviderName
  readonly pid: number
  readonly log: string | undefined
}

/** `reason_code=` or `ERROR_CODE=`, and the advice that came with it. */
export interface Code {
  readonly reasonCode: string | undefined
  readonly nextAction: string | undefined
}

/** Without the escapes that colour a terminal. */
export const colourless = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")

/** The lines that say something, each without control characters. */
export const linesOf = (text: string): ReadonlyArray<string> =>
  colourless(text)
    .split(/\r?\n/)
    .map((line) => oneLine(line))
    .filter((line) => line !== "")

const firstMatch = (pattern: RegExp, output: RunnerOutput): string | undefined =>
  (pattern.exec(output.stdout) ?? pattern.exec(output.stderr))?.[1]

/** The runner's own code and advice. It prints them on either stream, and inside parentheses on stderr. */
export const codeIn = (output: RunnerOutput): Code => ({
  reasonCode: firstMatch(/(?:^|[\s(])(?:reason_code|ERROR_CODE)=([\w.-]{1,100})/, output),
  nextAction: firstMatch(/(?:^|[\s(])next_action=([\w.-]{1,200})/, output) ?? actionOf(output)
})

const actionOf = (output: RunnerOutput): string | undefined =>
  firstMatch(/ERROR_CODE=[\w.-]+ (?:severity=\w+ )?action=([\w.-]{1,200})/, output)

const pidOf = (digits: string | undefined): number | undefined => {
  const pid = Number(digits)
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

const decodeId = Schema.decodeUnknownOption(BeadsId)
const decodeProvider = Schema.decodeUnknownOption(ProviderName)

/** Every acknowledgement on stdout. One that names no issue, no provider or no process is none. */
export const startedLines = (stdout: string): ReadonlyArray<StartedLine> =>
  linesOf(stdout).flatMap((line) => {
    const match = /^started beads=(\S+) provider=(\S+) pid=(\d+)(?: log=(.+))?$/.exec(line)
    const beads = Option.getOrUndefined(decodeId(match?.[1]))
    const provider = Option.getOrUndefined(decodeProvider(match?.[2]))
    const pid = pidOf(match?.[3])
    if (beads === undefined || provider === undefined || pid === undefined) return []
    return [{ beads, provider, pid, log: match?.[4] }]
  })

/** The issue and the process of a job that was running before: `job bd-1 already running (pid=4711)`. */
export const alreadyRunning = (
  text: string
): { readonly beads: string; readonly pid: number | undefined } | undefined => {
  const [, beads, pid] = /^job (\S+) already running \(pid=(\d*)\)/m.exec(text) ?? []
  return beads === undefined ? undefined : { beads, pid: pidOf(pid) }
}

/** What the installed revision knows. */
export interface Capabilities {
  /** `--require-commit-artifact`. */
  readonly requireCommit: boolean
  readonly caps: boolean
  /** It uses the model it is told. The older revision takes `--model` and ignores it. */
  readonly model: boolean
  /** It wants the tracker's `metadata.json` before every command. */
  readonly gate: boolean
}

/** What the installed revision knows, from its usage text. */
export const capabilities = (usage: string): Capabilities => {
  const requireCommit = usage.includes("--require-commit-artifact")
  const caps = /concurrency cap/i.test(usage)
  // The gate and a model that counts came with the caps, and nothing in the usage tells of them.
  const newer = requireCommit || caps
  return { requireCommit, caps, model: newer, gate: newer }
}
