import { isOut, type SeenBug } from "../../domain/ShadowRun.ts"
import type { Taking } from "./shadowSchema.ts"

/** A look at the tracker. */
export interface Look {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly seen: ReadonlyArray<SeenBug>
}

/** What one look showed of one bug. */
export interface Sight {
  readonly at: number
  /** The last look at which the bug was not as it is now; `undefined`: there was none. */
  readonly after: number | undefined
  readonly bug: SeenBug
}

/** What each look showed of each bug, the oldest first. What was not read is left out. */
export const sightsOf = (looks: ReadonlyArray<Look>): ReadonlyMap<string, ReadonlyArray<Sight>> => {
  const sights = new Map<string, Array<Sight>>()
  for (const [index, { at, seen }] of looks.entries()) {
    for (const bug of seen) {
      if (bug.unread) continue
      const earlier = sights.get(bug.id) ?? []
      sights.set(bug.id, [...earlier, { at, after: earlier.at(-1)?.at ?? looks[index - 1]?.at, bug }])
    }
  }
  return sights
}

/** Whether somebody has the bug, and who. A claim that names nobody is a claim. */
const claimIn = (bug: SeenBug): { readonly who: string | undefined } | undefined =>
  isOut(bug) || (bug.assignee === undefined && bug.status !== "in_progress") ? undefined : { who: bug.assignee }

const endIn = ({ status }: SeenBug): NonNullable<Taking["end"]> =>
  status === "closed" || status === "missing" ? status : "given_back"

/**
 * The claims of one bug, from what the looks at it showed. A claim that began and ended between two looks is not seen, unless the
 * closed bug still names its holder.
 */
export const takingsOf = (sights: ReadonlyArray<Sight>): ReadonlyArray<Taking> => {
  const takings: Array<Taking> = []
  for (const { after, at, bug } of sights) {
    const held = takings.at(-1)?.end === undefined ? takings.at(-1) : undefined
    const claim = claimIn(bug)
    const begun: Taking = { who: bug.assignee, after, by: at }
    if (held !== undefined && claim !== undefined && held.who === claim.who) continue
    if (held !== undefined) {
      takings.pop()
      takings.push({ ...held, until: at, end: claim === undefined ? endIn(bug) : "passed_on" })
    }
    if (claim !== undefined) takings.push(begun)
    const isNew = bug.assignee !== undefined && bug.assignee !== takings.at(-1)?.who
    if (bug.status === "closed" && isNew && sights.some((each) => each.at < at)) {
      takings.push({ ...begun, until: at, end: "closed" })
    }
  }
  return takings
}
