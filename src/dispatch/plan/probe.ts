import { Duration } from "effect"
import type { Issue } from "../../domain/Issue.ts"
import type { PlanInput } from "./plan.ts"

/** From the latest attempt at any bug on hold; it doubles with each time that the bug was tried so. */
const FIRST_INTERVAL = Duration.hours(12)
const LONGEST_INTERVAL = Duration.days(8)

/**
 * If every bug is on hold, and the providers that failed with them may be at fault, nothing would ever show that these have
 * recovered. So the bug that has waited longest is tried once in a while: the attempt uses up nothing. `undefined` if no bug is
 * to be tried now.
 */
export const probeOf = (
  onHold: ReadonlyArray<Issue>,
  {
    doubtful,
    history,
    now,
    running,
    unsettled
  }: Pick<PlanInput, "doubtful" | "history" | "now" | "running" | "unsettled">
): Issue | undefined => {
  if (running.size > 0 || unsettled.size > 0) return undefined
  const candidates = onHold.filter((issue) => [...history(issue).suspects].every((name) => doubtful.has(name)))
  const latest = Math.max(...onHold.map((issue) => history(issue).latest))
  const [oldest] = candidates.toSorted((a, b) => history(a).latest - history(b).latest)
  if (oldest === undefined) return undefined
  const interval = Duration.times(FIRST_INTERVAL, 2 ** Math.min(history(oldest).probes, 10))
  return now - latest >= Duration.toMillis(Duration.min(interval, LONGEST_INTERVAL)) ? oldest : undefined
}
