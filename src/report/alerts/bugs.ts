import { Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { EndedJob } from "../../journal/JournalQueries.ts"
import type { AlertFacts } from "./AlertFacts.ts"

/** The bugs with an attempt that is not over: the tracker no longer lists them as open. */
export const underWay = ({ night }: AlertFacts): ReadonlySet<string> =>
  new Set(Either.match(night.journal, { onLeft: () => [], onRight: ({ open }) => open.map(({ beads }) => beads) }))

/** Whether a bug is to be solved still: the tracker lists it as open, or an attempt at it is not over. */
export const stillOpen = (facts: AlertFacts): ((beads: string) => boolean) => {
  const { tracker } = facts.night
  const [listed, busy] = [Either.isLeft(tracker) ? [] : tracker.right.intake.issues, underWay(facts)]
  const open = new Set<string>(listed.map(({ id }) => id))
  return (beads) => open.has(beads) || busy.has(beads)
}

/** The last job of each bug that ended in the last days. */
export const lastJobs = ({ night }: AlertFacts): ReadonlyMap<BeadsId, EndedJob> =>
  new Map(
    Either.match(night.journal, { onLeft: () => [], onRight: ({ ended }) => ended.map((job) => [job.beads, job]) })
  )
