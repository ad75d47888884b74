import { Effect } from "effect"
import { tagsNeeded } from "../../domain/hostTags.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { counted } from "../../domain/Text.ts"
import type { Fleet } from "../../journal/Fleet.ts"
import type { Offers, Tick } from "../../journal/Offers.ts"
import { makePlan } from "../plan/makePlan.ts"
import type { Found } from "../turn.ts"
import { roomsOf } from "./rooms.ts"

/** The hosts of a fleet, and what they offer each other. */
export interface OffersAndHosts extends Pick<Fleet["Type"], "hosts"> {
  readonly offers: Offers
}

/** Plans for the free places of all hosts, and offers the chosen bugs. */
export const offerPlan = Effect.fn("fleet.offerPlan")(function* (
  { hosts, offers }: OffersAndHosts,
  tick: Tick,
  { intake, open, options, seen }: Found
) {
  const [settings, rooms] = yield* Effect.all([CurrentSettings, Effect.map(hosts, roomsOf)])
  const plan = yield* makePlan(intake, options.repository, seen.running, open, seen.ends, rooms)
  yield* offers.offer(
    tick,
    plan.chosen.map((issue) => ({ beads: issue.id, needs: tagsNeeded(issue, settings.intake) })),
    rooms
  )
  const free = rooms.reduce((sum, { free }) => sum + free, 0)
  yield* Effect.logInfo(
    `this host plans the tick: ${counted(plan.chosen.length, "bug")} offered, ` +
      `${counted(free, "place")} free on ${counted(rooms.length, "host")}`
  )
  return plan
})
