import type { Ineligible } from "./eligibility.ts"
import type { Issue } from "./Issue.ts"
import type { Settings } from "./Settings.ts"

/** The tags that a host must have to get this bug, by `intake.hostTags`. */
export const tagsNeeded = (
  { labels }: Pick<Issue, "labels">,
  { hostTags }: Pick<Settings["intake"], "hostTags">
): ReadonlyArray<string> => [
  ...new Set(
    labels.flatMap((label) => {
      const tag = Object.hasOwn(hostTags, label) ? hostTags[label] : undefined
      return tag === undefined ? [] : [tag]
    })
  )
]

/** Whether a host with these tags may get a bug that needs those. */
export const hasTags = (tags: ReadonlyArray<string>, needed: ReadonlyArray<string>): boolean =>
  needed.every((tag) => tags.includes(tag))

/**
 * Why none of the hosts with these tags may get the bug; `undefined` if one may.
 *
 * @example
 * forOtherHost(issue, settings.intake, [settings.host.tags]) // ["other_host", "needs a host with gpu"]
 */
export const forOtherHost = (
  issue: Pick<Issue, "labels">,
  intake: Pick<Settings["intake"], "hostTags">,
  hosts: ReadonlyArray<ReadonlyArray<string>>
): Ineligible | undefined => {
  const needed = tagsNeeded(issue, intake)
  return hosts.some((tags) => hasTags(tags, needed))
    ? undefined
    : ["other_host", `needs a host with ${needed.join(" and ")} (host.tags)`]
}
