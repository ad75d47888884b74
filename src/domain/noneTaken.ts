import type { Intake, IntakeFilter, OpenIssues } from "./Issue.ts"
import type { Outcome, SkipReason } from "./Outcome.ts"
import { oneLine } from "./Text.ts"

/** What a number of bugs that were skipped for this reason is called. */
const SKIPPED: Readonly<Record<SkipReason, string>> = {
  malformed: "unreadable",
  not_open: "no longer open",
  priority: "of lower priority",
  type: "of other types",
  not_work: "marked as no work",
  label: "left out by a label",
  policy: "left out by the plan policy",
  other_host: "for another host",
  assigned: "assigned",
  blocked: "blocked",
  deferred: "deferred",
  running: "with a running job",
  unsettled: "with an attempt that is not over",
  awaiting_review: "waiting for review",
  rejected: "with rejected work",
  work_exists: "with work that exists already",
  duplicate: "with the error of another",
  prompt_refused: "with a refused prompt",
  attempts_used_up: "with all attempts used up",
  undecided: "on hold",
  bug_budget: "with their own budget spent",
  backing_off: "waiting for the next attempt",
  needs_human: "that need you",
  limit: "over limits.maxDispatches",
  overload: "over limits.overloadThreshold",
  no_capacity: "without a free place",
  budget: "over the budget of this night",
  host_busy: "held back by a busy host",
  run_stopped: "left when the run stopped"
}

/** Issues of one kind: what one is called, what several are called, and how many there are. */
type Part = readonly [one: string, several: string, count: number]

const plural = (type: string): string => (/[^aeiou]y$/.test(type) ? `${type.slice(0, -1)}ies` : `${type}s`)

const partOf = ({ count, type }: OpenIssues, { maxPriority, types }: IntakeFilter): Part => {
  const lower = `P${maxPriority + 1} and lower`
  const name = oneLine(type, 40)
  return types.includes(type) ? [lower, lower, count] : [name, plural(name), count]
}

/** Adds up the issues of each kind, the largest sum first; equal sums in the order of their names. */
const sums = (parts: ReadonlyArray<Part>): ReadonlyArray<Part> => {
  const kinds = new Map<string, Part>()
  for (const [one, several, count] of parts) kinds.set(several, [one, several, count + (kinds.get(several)?.[2] ?? 0)])
  return [...kinds.values()].toSorted(([, a, some], [, b, more]) => more - some || (a < b ? -1 : 1))
}

/**
 * Why a run took no bug: how many issues are open, and how many of each kind were left. `undefined` if it took one or tried to.
 *
 * @example
 * noneTaken([{ type: "task", priority: Priority.make(1), count: 2 }], [], filter) // "2 open issues, none taken: 2 tasks"
 */
export const noneTaken = (
  others: Intake["others"],
  outcomes: ReadonlyArray<Outcome>,
  filter: IntakeFilter
): string | undefined => {
  const skipped = outcomes.filter((outcome) => outcome._tag === "Skipped")
  if (skipped.length < outcomes.length) return undefined
  const parts = sums([
    ...(others ?? []).map((each) => partOf(each, filter)),
    ...skipped.map(({ reason }): Part => [SKIPPED[reason], SKIPPED[reason], 1])
  ])
  const total = parts.reduce((sum, [, , count]) => sum + count, 0)
  if (total === 0) return others === undefined ? "no open bugs to work on" : "the tracker has no open issues"
  const words = parts.map(([one, several, count]) => `${count} ${count === 1 ? one : several}`).join(", ")
  return `${total} open ${total === 1 ? "issue" : "issues"}, none taken: ${words}`
}
