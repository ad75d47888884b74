import type { Ended } from "../machine/dispatcher.ts"
import type { Scenario } from "../scenarios/scenario.ts"

const EXIT_CODES: ReadonlyArray<number> = [0, 1, 3, 4, 6]

const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Milliseconds that a dispatcher has from a signal to its end. */
const GRACE = 10_000

const actOf = ({ run }: Scenario): string => run.injection?.act ?? ""

/** Whether the run with the fault ended as it should. */
export const isExpectedEnd = (scenario: Scenario, { code, endedAfter }: Ended): boolean => {
  const { codes = EXIT_CODES, mayFinish = false } = scenario
  if (actOf(scenario) === "kill") return code === null
  const signalCode = SIGNAL_CODES[actOf(scenario)]
  if (signalCode === undefined || (mayFinish && code === 0)) return code !== null && codes.includes(code)
  return code === signalCode && endedAfter < GRACE
}

/** Whether a run that nothing happens to is done: it may report that jobs of the run before it have failed. */
export const isCleanEnd = ({ code, stderr }: Ended): boolean =>
  code === 0 || (code === 3 && / RUN_SUMMARY .* failed=0 .* jobs_failed=[1-9]/.test(stderr))

/** Whether a dispatcher that nothing happens to ended as it should. */
export const isExpectedCode = ({ code }: Ended, { codes = EXIT_CODES }: Scenario): boolean =>
  code !== null && codes.includes(code)

/** Whether the injector came to its point; a killed dispatcher cannot say so, its missing exit code does. */
export const wasInjected = (scenario: Scenario, { code, stderr }: Ended): boolean =>
  scenario.run.injection === undefined || code === null || /^INJECTED: /m.test(stderr)

/**
 * Whether the second run on a state directory did nothing while the first was held. Nothing can be said when the hold of the
 * first timed out.
 */
export const wasLeftOut = (first: Ended, second: Ended): boolean =>
  /^ts=\S+ run=\S+ ⏭️ RUN_SKIPPED /m.test(second.stderr) || /^INJECTED: hold timed out$/m.test(first.stderr)
