import { Context, Either } from "effect"
import type { Ineligible } from "./eligibility.ts"
import type { Issue } from "./Issue.ts"
import { oneLine } from "./Text.ts"

/** The rules of a team on top of ours. Pure functions: the same input must give the same answer. */
export interface Policy {
  /**
   * `true` if this bug may be dispatched; else why not, as one line for people. Asked only of bugs that our own rules allow, so it
   * can refuse a bug and never add one. `now`: milliseconds since the epoch.
   */
  readonly eligible: (bug: Issue, now: number) => true | string
  /** Negative if `a` goes before `b`, positive if it goes after `b`; 0 if our own order decides. Asked of the same bugs. */
  readonly order: (a: Issue, b: Issue) => number
}

/** The policy of a run with no other one: our rules alone. */
export const noPolicy: Policy = { eligible: () => true, order: () => 0 }

/**
 * The policy of all plans. Has a default, so it needs no layer. Bugs that it refuses are skipped as `policy`, with its words.
 * It is asked by the plan, and again for the bug as re-read right before its claim. A policy that throws refuses that bug, an
 * order that throws is not used; the run says so and goes on.
 *
 * @example
 * const policy = Layer.succeed(PlanPolicy, {
 *   eligible: ({ labels }) => labels.includes("legacy") ? "the legacy team works on it by hand" : true,
 *   order: (a, b) => Number(b.labels.includes("customer")) - Number(a.labels.includes("customer"))
 * })
 * nightlyRun(options).pipe(Effect.provide(Layer.merge(layer(settings, surroundings), policy)))
 */
export class PlanPolicy extends Context.Reference<PlanPolicy>()("nightly-dispatch/PlanPolicy", {
  defaultValue: (): Policy => noPolicy
}) {}

/** Calls a function of the policy. Left: what it threw, in words. */
const tried = <A>(call: () => A): Either.Either<A, string> =>
  Either.try({
    try: call,
    catch: (thrown) => `the plan policy failed: ${oneLine(thrown instanceof Error ? thrown.message : String(thrown))}`
  })

/** Why the policy refuses this bug; `undefined` if it does not. */
export const policyReason = ({ eligible }: Policy, bug: Issue, now: number): Ineligible | undefined => {
  const refusal = (answer: true | string) =>
    answer === true ? undefined : oneLine(answer) || "the plan policy refuses it"
  const reason = Either.merge(tried(() => refusal(eligible(bug, now))))
  return reason === undefined ? undefined : ["policy", reason]
}

/** These bugs in the order of the policy, or as they are if it throws; then `failure` says why. */
export const inPolicyOrder = (
  { order }: Policy,
  bugs: ReadonlyArray<Issue>
): { readonly bugs: ReadonlyArray<Issue>; readonly failure: string | undefined } =>
  // An order of no number is none: it would leave the sort without a result that can be told.
  Either.match(
    tried(() => bugs.toSorted((a, b) => order(a, b) || 0)),
    {
      onLeft: (failure) => ({ bugs, failure }),
      onRight: (sorted) => ({ bugs: sorted, failure: undefined })
    }
  )
