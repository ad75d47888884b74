import type { Ineligible } from "../../domain/eligibility.ts"
import type { PlanInput } from "./plan.ts"

/** The bugs that have or may have a job here, and not on another host. Each takes one of the `maxParallel` places. */
export const occupied = <Id extends string>(
  running: ReadonlySet<Id>,
  unsettled: ReadonlySet<Id>,
  elsewhere: ReadonlySet<Id> = new Set()
): ReadonlySet<Id> => new Set([...running, ...[...unsettled].filter((id) => !elsewhere.has(id))])

/** How many bugs the free places hold: those of this host, or of a fleet. */
const room = (input: PlanInput): readonly [number, Ineligible] => {
  const { busy, elsewhere, hosts, maxParallel, running, settings, unsettled } = input
  const { maxDispatches } = settings.limits
  if (hosts !== undefined) {
    const free = hosts.reduce((sum, { free }) => sum + free, 0)
    return [free, ["no_capacity", "no host has a free place"]]
  }
  const jobs = occupied(running, unsettled, elsewhere).size
  if (jobs >= maxParallel) {
    return [0, ["no_capacity", `jobs that run, or may: ${jobs}; limits.maxParallel is ${maxParallel}`]]
  }
  if (maxDispatches > 0 && input.night.left > 0 && busy !== undefined) return [0, ["host_busy", busy]]
  return [maxDispatches, ["limit", `${maxDispatches} a run`]]
}

/** How many of the eligible bugs may be dispatched now, and why the others are skipped. */
export const allowance = (eligible: number, input: PlanInput): readonly [number, Ineligible] => {
  const { night, settings } = input
  const { overloadThreshold } = settings.limits
  const [places, full] = room(input)
  if (places === 0) return [0, full]
  if (night.left <= 0) return [0, ["budget", night.why]]
  // Without the number of bugs: the journal stores a detail that differs from the last run's again, for each bug.
  const [most, reason]: readonly [number, Ineligible] =
    eligible > overloadThreshold
      ? [1, ["overload", `more than ${overloadThreshold} bugs at once: one a run`]]
      : [places, full]
  return night.left < most ? [night.left, ["budget", night.rest]] : [most, reason]
}
