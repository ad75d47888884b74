import { DateTime, Duration } from "effect"
import { ineligible, type Ineligible } from "../../domain/eligibility.ts"
import { foundWorkInWords } from "../../domain/FoundWork.ts"
import { LONGEST_WAIT } from "../../domain/History.ts"
import { forOtherHost } from "../../domain/hostTags.ts"
import type { Issue } from "../../domain/Issue.ts"
import { neededInWords } from "../../domain/Needed.ts"
import { policyReason } from "../../domain/PlanPolicy.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { PlanInput } from "./plan.ts"

/** What a bug is judged by, whatever else waits. */
type Input = Omit<PlanInput, "maxParallel">

const UNSETTLED: Ineligible = ["unsettled", "an earlier attempt is not over"]

/** The end of a bug's back-off; `undefined` if it may be tried now. */
export const waitsUntil = (issue: Issue, { history, now }: Input): string | undefined => {
  const { notBefore } = history(issue)
  // A longer wait than LONGEST_WAIT means that the host's clock was set back since, so the wait does not count.
  return notBefore > now && notBefore - now <= Duration.toMillis(LONGEST_WAIT)
    ? DateTime.formatIso(DateTime.unsafeMake(notBefore))
    : undefined
}

/** The providers that must not be tried with this bug now: a person has to give them something first. */
export const heldWith = (issue: Issue, { history, now }: Input): ReadonlySet<ProviderName> =>
  new Set(
    [...history(issue).needs].flatMap(([name, { until }]) =>
      until > now && until - now <= Duration.toMillis(LONGEST_WAIT) ? [name] : []
    )
  )

/** Why no provider may be tried with this bug now; `undefined` if one may. */
const needsHuman = (issue: Issue, input: Input): Ineligible | undefined => {
  const held = heldWith(issue, input)
  if (!input.settings.providers.every(({ name }) => held.has(name))) return undefined
  const needs = [...input.history(issue).needs].filter(([name]) => held.has(name))
  const until = DateTime.formatIso(DateTime.unsafeMake(Math.min(...needs.map(([, each]) => each.until))))
  const words = needs.map(([name, { needed }]) => `${name} ${neededInWords(needed)}`).join("; ")
  return ["needs_human", `${words}; then: nightly-dispatch retry ${issue.id}; without that not before ${until}`]
}

/** Why an eligible bug must not be tried again now; `undefined` if it may. */
const heldBack = (issue: Issue, input: Input): Ineligible | undefined => {
  const { limits } = input.settings
  const { failures, rejected, suspects, unreviewed } = input.history(issue)
  const again = `it is tried again when its description or acceptance criteria change, or after: nightly-dispatch retry ${issue.id}`
  if (rejected) return ["rejected", `a person rejected its work; ${again}`]
  if (unreviewed !== undefined) return ["awaiting_review", unreviewed]
  if (failures >= limits.maxAttempts) {
    return suspects.size === 0
      ? ["attempts_used_up", `${failures} attempts failed; ${again}`]
      : ["undecided", `${failures} attempts failed, but ${[...suspects].join(" and ")} may be at fault; ${again}`]
  }
  const spent = input.overBudget(issue)
  if (spent !== undefined) return ["bug_budget", `${spent}; ${again}`]
  const until = waitsUntil(issue, input)
  return until === undefined
    ? needsHuman(issue, input)
    : ["backing_off", `not before ${until}; ${failures} of ${limits.maxAttempts} attempts used`]
}

const tagSets = ({ hosts, settings }: Input): ReadonlyArray<ReadonlyArray<string>> =>
  hosts?.map(({ tags }) => tags) ?? [settings.host.tags]

/** Why this bug is skipped, whatever the other bugs are; `undefined` if it may be chosen. */
export const ownReason = (issue: Issue, input: Input): Ineligible | undefined => {
  // First: the holder of its claim is that attempt, which no person should free now.
  if (input.unsettled.has(issue.id) && !input.running.has(issue.id)) return UNSETTLED
  const { intake } = input.settings
  const reason =
    ineligible(issue, intake, input.now, input.running) ??
    forOtherHost(issue, intake, tagSets(input)) ??
    heldBack(issue, input)
  if (reason !== undefined) return reason
  const work = input.foundWork.get(issue.id)
  if (work !== undefined) return ["work_exists", foundWorkInWords(issue.id, work)]
  return policyReason(input.policy, issue, input.now)
}
