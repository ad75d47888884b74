import type { HostPlaces } from "../../domain/Host.ts"
import { hasTags, tagsNeeded } from "../../domain/hostTags.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { PlanInput } from "./plan.ts"

/**
 * Gives each bug a place on a host that has the tags it needs: the host with the fewest tags, so that those with more are left for
 * the bugs that need them; of several the one with the most places. `false` if there is none left.
 */
export const makeSeats = ({ hosts, settings: { intake } }: Pick<PlanInput, "hosts" | "settings">) => {
  if (hosts === undefined) return () => true
  const left = hosts.map(({ free, tags }) => ({ free, tags }))
  const better = (a: HostPlaces, b: HostPlaces) => a.tags.length - b.tags.length || b.free - a.free
  return (issue: Issue): boolean => {
    const needed = tagsNeeded(issue, intake)
    const [seat] = left.filter(({ free, tags }) => free > 0 && hasTags(tags, needed)).toSorted(better)
    if (seat === undefined) return false
    seat.free -= 1
    return true
  }
}
