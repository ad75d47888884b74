import type { Outcome } from "./Outcome.ts"

/**
 * The exit codes of the command line. 130 and 143 are added by whoever was interrupted.
 *
 * @example
 * process.exitCode = EXIT.tracker // 4
 */
export const EXIT = {
  ok: 0,
  /** For `claim` and `release`: not done. For `run`: no provider is available. */
  no: 1,
  usage: 2,
  failed: 3,
  tracker: 4,
  config: 5,
  state: 6,
  defect: 70
} as const

/** What a run that read its tracker exits with. */
export const exitOf = (outcomes: ReadonlyArray<Outcome>): number => {
  const failures = outcomes.filter((outcome) => outcome._tag === "Failed")
  if (failures.length === 0) return EXIT.ok
  const dispatched = outcomes.some((outcome) => outcome._tag === "Dispatched" || outcome._tag === "Planned")
  return !dispatched && failures.every(({ code }) => code === "provider_unavailable") ? EXIT.no : EXIT.failed
}
