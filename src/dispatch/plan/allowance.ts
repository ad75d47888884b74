import type { Ineligible } from "../../domain/eligibility.ts"
import type { PlanInput } from "./plan.ts"

/** The bugs that have or may have a job here, and not on another host. Each takes one of the `maxParallel` places. */
export const occupied = <Id extends string>(
  running: ReadonlySet<Id>,
  unsettled: ReadonlySet<Id>,
  elsewhere: ReadonlySet<Id> = new Set()
): ReadonlySet<Id> => new Set([...running, ...[...unsettled].filter((id) => !elsewhere.has(id))])

/** How many of the eligible bugs may be dispatched now, and why the others are skipped. */
export const allowance = (
  eligible: number,
  { busy, elsewhere, maxParallel, night, running, settings: { limits }, unsettled }: PlanInput
): readonly [number, Ineligible] => {
  const jobs = occupied(running, unsettled, elsewhere).size
  if (jobs >= maxParallel) {
    return [0, ["no_capacity", `jobs that run, or may: ${jobs}, at most ${maxParallel} at once`]]
  }
  if (limits.maxDispatches === 0) return [0, ["limit", "0 a run"]]
  if (night.left <= 0) return [0, ["budget", night.why]]
  if (busy !== undefined) return [0, ["host_busy", busy]]
  // Without the number of bugs: the journal stores a detail that differs from the last run's again, for each bug.
  const [most, reason]: readonly [number, Ineligible] =
    eligible > limits.overloadThreshold
      ? [1, ["overload", `more than ${limits.overloadThreshold} bugs at once: one a run`]]
      : [limits.maxDispatches, ["limit", `${limits.maxDispatches} a run`]]
  return night.left < most ? [night.left, ["budget", night.rest]] : [most, reason]
}
