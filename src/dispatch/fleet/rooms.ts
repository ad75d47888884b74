import { Duration } from "effect"
import type { Host } from "../../domain/Host.ts"
import type { HostRoom } from "../../journal/Offers.ts"

/** A host that was not seen for so long gets no place in a plan: its runs come at least once a day. */
const UNSEEN = Duration.toMillis(Duration.hours(25))

/** The hosts that may get bugs, each with its free places. */
export const roomsOf = (hosts: ReadonlyArray<Host>): ReadonlyArray<HostRoom> =>
  hosts.flatMap(({ freePlaces, mark, seenAgo, state, tags }) =>
    state === "active" && seenAgo < UNSEEN && freePlaces !== undefined ? [{ mark, tags, free: freePlaces }] : []
  )
