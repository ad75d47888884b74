import type { Ineligible } from "../../domain/eligibility.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { waitsUntil } from "./ownReason.ts"
import type { PlanInput } from "./plan.ts"
import { signature } from "./signature.ts"

/** A bug whose copies are not dispatched beside it. */
export interface Original {
  readonly id: BeadsId
  /** What its copies wait for, in words that follow its id; `undefined` if it may be chosen in this run. */
  readonly state: string | undefined
}

/** Of two originals with the same signature, copies wait for the state that stands later here. */
const RANKS = ["backing off", "work", "review", "at work"] as const
type Rank = (typeof RANKS)[number]

/**
 * What the copies of a bug wait for; `undefined` if its state holds no copy back. A bug that is on hold, blocked or a person's
 * holds none back: its copy may describe the error better, and would else wait for a person who was told of another bug.
 */
const stateOf = (
  issue: Issue,
  reason: Ineligible | undefined,
  input: PlanInput
): readonly [Rank, string] | undefined => {
  const { history, running, unsettled } = input
  if (running.has(issue.id) || unsettled.has(issue.id)) return ["at work", "which is being worked on"]
  if (issue.labels.includes(REVIEW_LABEL) || history(issue).unreviewed !== undefined) {
    return ["review", "whose work waits for review"]
  }
  if (reason?.[0] === "work_exists") return ["work", "for which work exists already"]
  return reason?.[0] === "backing_off" ? ["backing off", `which waits until ${waitsUntil(issue, input)}`] : undefined
}

/** The bugs whose copies wait, whatever is chosen in this run, by signature. `reasons`: why each bug of the intake is skipped. */
export const originals = (
  input: PlanInput,
  reasons: ReadonlyMap<Issue, Ineligible | undefined>
): Map<string, Original> => {
  const found = [...input.underWay, ...input.intake.issues].flatMap((issue) => {
    const state = stateOf(issue, reasons.get(issue), input)
    return state === undefined ? [] : [{ issue, rank: RANKS.indexOf(state[0]), state: state[1] }]
  })
  return new Map(
    found
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ issue, state }) => [signature(issue), { id: issue.id, state }] as const)
  )
}
