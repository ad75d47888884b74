/** A team's rules on top of ours: nothing on release day, customers' bugs first, one team's bugs only by day. */
import { DateTime, Order } from "effect"
import type { Issue, Policy } from "../../src/index.ts"

export interface TeamRules {
  /** The zone in which the team lives. */
  readonly zone: DateTime.TimeZone
  /** The weekday on which nothing is dispatched: 0 is Sunday. */
  readonly releaseDay: number
  /** The label of bugs that customers reported. They go before all others, also before more urgent ones. */
  readonly customers: string
  /** The label of the team that reviews at once, so its jobs must end while it is there. */
  readonly byDay: string
  /** The day of that team, in hours of the zone: from this one, until before that one. */
  readonly day: { readonly from: number; readonly until: number }
}

/**
 * The policy of these rules. Pure: the time is given, so a test can ask for any hour.
 *
 * @example
 * Layer.succeed(PlanPolicy, teamPolicy({ zone, releaseDay: 4, customers: "customer", byDay: "payments", day }))
 */
export const teamPolicy = ({ byDay, customers, day, releaseDay, zone }: TeamRules): Policy => ({
  eligible: ({ labels }, now) => {
    const { hours, weekDay } = DateTime.toParts(DateTime.setZone(DateTime.unsafeMake(now), zone))
    if (weekDay === releaseDay) return "nothing is dispatched on release day"
    const isDay = hours >= day.from && hours < day.until
    return !labels.includes(byDay) || isDay || `${byDay} is dispatched from ${day.from} to ${day.until} o'clock only`
  },
  order: Order.mapInput(Order.reverse(Order.boolean), ({ labels }: Issue) => labels.includes(customers))
})
