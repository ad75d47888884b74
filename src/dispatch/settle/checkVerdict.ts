import { Duration } from "effect"
import type { Ending, Verifying } from "../../domain/Attempt.ts"
import type { Settings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Check } from "../../runner/Verifier.ts"
import { GRACE } from "./grace.ts"

/** What to do about a check of an attempt's work. */
export type CheckVerdict =
  /** It runs, and may run for this much longer, in milliseconds. */
  | { readonly _tag: "Running"; readonly left: number }
  /** Whether it runs cannot be told yet. */
  | { readonly _tag: "Wait"; readonly why: string }
  /** It has run too long: stop it first. */
  | { readonly _tag: "Stop"; readonly why: string; readonly ending: Ending }
  /** Nothing of it runs, and it told nothing: start it. */
  | { readonly _tag: "Start" }
  /** `abandoned`: whether it runs cannot be told, and its time is over. */
  | { readonly _tag: "Ended"; readonly ending: Ending; readonly abandoned?: true }

/** What a verdict on a check depends on. The same evidence gives the same verdict. */
export interface CheckEvidence {
  readonly attempt: Verifying
  readonly check: Check
  readonly verify: Settings["verify"]
  /** How long ago it was launched, in milliseconds by the boot clock. */
  readonly age: number
}

/** A check that crashed is repeated once. */
const MOST_LAUNCHES = 2

/** The settings' command in words: `npm test`. */
export const commandInWords = ({ command }: Settings["verify"]): string =>
  command === undefined ? "verify.command" : `\`${oneLine(command.join(" "), 200)}\``

/** The ending of work that our check did not confirm. `why`: a sentence without its beginning and its end. */
export const unverified = (found: Ending, blame: NonNullable<Ending["blame"]>, why: string): Ending => ({
  ...found,
  end: "unverified",
  blame,
  verified: "no",
  // First, because a line of a log or a prompt has room for so much only.
  detail: `our check of its work ${why}; ${found.detail}`
})

const said = (lines: ReadonlyArray<string>): string => (lines.length === 0 ? "" : `: ${lines.join(" | ")}`)

/** A shell's exit codes for a command that cannot be executed, or that does not exist. */
const CANNOT_START = new Set([126, 127])

const endingOf = (
  { attempt: { found }, verify }: CheckEvidence,
  code: number,
  lines: ReadonlyArray<string>
): Ending => {
  const command = commandInWords(verify)
  if (code === 0) return { ...found, verified: "yes", detail: `${found.detail}; our check passed: ${command}` }
  return CANNOT_START.has(code)
    ? unverified(
        found,
        "config",
        `told nothing, because ${command} or a program that it calls cannot be started (exit ${code})${said(lines)}`
      )
    : unverified(found, "issue", `failed: ${command} (exit ${code})${said(lines)}`)
}

const tooLong = ({ attempt: { found }, verify }: CheckEvidence, lines: ReadonlyArray<string> = []): Ending =>
  unverified(
    found,
    "issue",
    `failed: ${commandInWords(verify)} ran for more than ${Duration.format(verify.timeout)} and was ended${said(lines)}`
  )

/** What to do about a check. */
export const checkVerdict = (evidence: CheckEvidence): CheckVerdict => {
  const { age, attempt, check, verify } = evidence
  const limit = Duration.toMillis(verify.timeout)
  switch (check.phase) {
    case "running": {
      if (age <= limit) return { _tag: "Running", left: limit - age }
      return { _tag: "Stop", why: "its check has run longer than verify.timeout", ending: tooLong(evidence) }
    }
    case "ended":
      return { _tag: "Ended", ending: endingOf(evidence, check.exitCode, check.lines) }
    case "stopped":
      return { _tag: "Ended", ending: tooLong(evidence, check.lines) }
    case "unknown": {
      // A time in the future means that a clock was wrong.
      if (Math.abs(age) <= limit + Duration.toMillis(GRACE)) {
        return { _tag: "Wait", why: `whether its check runs cannot be told from here (${check.why})` }
      }
      const ending = unverified(attempt.found, "host", `cannot be told from here (${check.why}), and its time is over`)
      return { _tag: "Ended", ending, abandoned: true }
    }
    case "gone": {
      if (verify.command === undefined) return { _tag: "Ended", ending: attempt.found }
      if (attempt.launches < MOST_LAUNCHES) return { _tag: "Start" }
      const why = `told nothing: ${commandInWords(verify)} was cut short ${attempt.launches} times (${check.why})`
      return { _tag: "Ended", ending: unverified(attempt.found, "host", why) }
    }
  }
}
