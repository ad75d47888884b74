import { Duration } from "effect"
import type { Ending, Verifying } from "../../domain/Attempt.ts"
import type { Settings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Check } from "../../runner/Verifier.ts"
import { GRACE } from "../../domain/longestTimes.ts"

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

/** A check of the work that crashed is repeated once; one on the base is not, because it changes only words. */
const mostLaunches = ({ onBase }: Verifying): number => (onBase === undefined ? 2 : 1)

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

/** The ending of work that passed our check, if the check on the base told nothing: `why`, a sentence without its end. */
export const unknownOnBase = (passed: Ending, why: string): Ending => ({
  ...passed,
  detail: `${passed.detail}; on the base it told nothing: ${why}`
})

/** The ending if the check told nothing. `because`: what the detail says before `why`, in the words of a check of the work. */
const toldNothing = (
  { found, onBase }: Verifying,
  blame: NonNullable<Ending["blame"]>,
  why: string,
  because = ""
): Ending => (onBase === undefined ? unverified(found, blame, `${because}${why}`) : unknownOnBase(found, why))

const said = (lines: ReadonlyArray<string>): string => (lines.length === 0 ? "" : `: ${lines.join(" | ")}`)

/** A shell's exit codes for a command that cannot be executed, or that does not exist. */
const CANNOT_START = new Set([126, 127])

const endingOf = ({ attempt, verify }: CheckEvidence, code: number, lines: ReadonlyArray<string>): Ending => {
  const { found, onBase } = attempt
  const command = commandInWords(verify)
  if (CANNOT_START.has(code)) {
    const why = `${command} or a program that it calls cannot be started (exit ${code})${said(lines)}`
    return toldNothing(attempt, "config", why, "told nothing, because ")
  }
  if (onBase !== undefined) {
    const before = code === 0 ? "as it did before" : `which failed before (exit ${code})`
    return { ...found, detail: `${found.detail}, ${before}` }
  }
  if (code === 0) return { ...found, verified: "yes", detail: `${found.detail}; our check passed: ${command}` }
  return unverified(found, "issue", `failed: ${command} (exit ${code})${said(lines)}`)
}

const tooLong = ({ attempt, verify }: CheckEvidence, lines: ReadonlyArray<string> = []): Ending => {
  const why = `${commandInWords(verify)} ran for more than ${Duration.format(verify.timeout)} and was ended${said(lines)}`
  return toldNothing(attempt, "issue", why, "failed: ")
}

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
      const ending = toldNothing(attempt, "host", `cannot be told from here (${check.why}), and its time is over`)
      return { _tag: "Ended", ending, abandoned: true }
    }
    case "gone": {
      if (verify.command === undefined) return { _tag: "Ended", ending: attempt.found }
      const { launches } = attempt
      if (launches < mostLaunches(attempt)) return { _tag: "Start" }
      const times = launches === 1 ? "" : ` ${launches} times`
      const why = `${commandInWords(verify)} was cut short${times} (${check.why})`
      return { _tag: "Ended", ending: toldNothing(attempt, "host", why, "told nothing: ") }
    }
  }
}
