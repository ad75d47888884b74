import type { Ineligible } from "../../domain/eligibility.ts"
import type { Issue } from "../../domain/Issue.ts"
import { inPolicyOrder, policyReason } from "../../domain/PlanPolicy.ts"
import { allowance } from "./allowance.ts"
import { originals, type Original } from "./originals.ts"
import { ownReason } from "./ownReason.ts"
import { makeSeats } from "./seats.ts"
import type { PlanInput } from "./plan.ts"
import { signature } from "./signature.ts"

/** A bug whose tries keep failing before they get a job must not starve the others. */
const byUrgency =
  (history: PlanInput["history"]) =>
  (a: Issue, b: Issue): number =>
    a.priority - b.priority ||
    history(a).tries - history(b).tries ||
    a.createdAt - b.createdAt ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** A bug that is skipped for a reason of its own, or as a copy of another bug. */
type Left =
  { readonly issue: Issue; readonly reason: Ineligible } | { readonly issue: Issue; readonly original: Original }

/**
 * How many different keys these bugs have, counted only until they are more than `most`, and how many bugs were looked at for it.
 * `keyOf` gives `undefined` for a bug that does not count.
 */
const countKeys = (issues: ReadonlyArray<Issue>, most: number, keyOf: (issue: Issue) => string | undefined) => {
  const keys = new Set<string>()
  let looked = 0
  for (const issue of issues) {
    if (keys.size > most) break
    const key = keyOf(issue)
    if (key !== undefined) keys.add(key)
    looked++
  }
  return { keys: keys.size, looked }
}

const cachedSignatures = () => {
  const found = new Map<Issue, string>()
  return (issue: Issue): string => {
    const known = found.get(issue) ?? signature(issue)
    found.set(issue, known)
    return known
  }
}

/**
 * Chooses the most urgent bugs until no place is left, and asks for the prompts of no others. If there are too many bugs, copies
 * are looked for only among the first ones. A bug whose prompt was not asked for counts as one that may be chosen.
 */
export const choose = (input: PlanInput) => {
  const issues = input.intake.issues.toSorted(byUrgency(input.history))
  const reasons = new Map(issues.map((issue) => [issue, ownReason(issue, input)]))
  const seen = originals(input, reasons)
  const wanted = inPolicyOrder(
    input.policy,
    issues.filter((issue) => reasons.get(issue) === undefined)
  )
  const signatureOf = cachedSignatures()
  const { keys, looked } = countKeys(wanted.bugs, input.settings.limits.overloadThreshold, (issue) => {
    const key = signatureOf(issue)
    return seen.has(key) ? undefined : key
  })
  const [places, overflow] = allowance(keys, input)
  const takesSeat = makeSeats(input)
  const [chosen, waiting, left]: [Array<Issue>, Array<Issue>, Array<Left>] = [[], [], []]
  for (const [issue, reason] of reasons) if (reason !== undefined) left.push({ issue, reason })
  for (const [index, issue] of wanted.bugs.entries()) {
    const isFull = chosen.length >= places
    const key = isFull && index >= looked ? undefined : signatureOf(issue)
    const original = key === undefined ? undefined : seen.get(key)
    const refusal = isFull || original !== undefined ? undefined : input.promptRefusal(issue)
    if (original !== undefined) left.push({ issue, original })
    else if (refusal !== undefined) left.push({ issue, reason: ["prompt_refused", refusal] })
    else {
      if (!isFull && !takesSeat(issue)) {
        left.push({ issue, reason: ["no_capacity", "no host that may get it has a free place"] })
        continue
      }
      if (key !== undefined) seen.set(key, { id: issue.id, state: undefined })
      ;(isFull ? waiting : chosen).push(issue)
    }
  }
  const onHold = issues.filter(
    (issue) =>
      reasons.get(issue)?.[0] === "undecided" &&
      !input.foundWork.has(issue.id) &&
      policyReason(input.policy, issue, input.now) === undefined
  )
  return { chosen, waiting, left, onHold, overflow, policyFailure: wanted.failure }
}
