import { Duration, Effect, Schedule, type Scope } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { SILENCE, type Offers, type Turn as Role } from "../../journal/Offers.ts"
import { maxParallelNow } from "../plan/warmUp.ts"
import type { Turn } from "../turn.ts"
import { offerPlan } from "./offerPlan.ts"
import { pull } from "./pull.ts"

const ASKS_AGAIN = Duration.seconds(1)

/** Says every few seconds that this host is at work, until the scope closes. */
const keepUp = ({ keep }: Offers): Effect.Effect<void, never, Scope.Scope> =>
  keep.pipe(
    Effect.catchAll(({ message }) => Effect.logWarning(`cannot say that this host is at work: ${message}`)),
    Effect.schedule(Schedule.spaced(Duration.millis(SILENCE / 3))),
    Effect.forkScoped,
    Effect.asVoid
  )

/** What this host does in the tick, once nobody plans it any more. Of a planner that is silent, another host takes the place. */
const roleIn = Effect.fn("fleet.role")(function* ({
  join
}: Offers): Effect.fn.Return<Exclude<Role, { readonly _tag: "Waits" }>, JournalFailed> {
  let role = yield* join
  if (role._tag === "Waits") yield* Effect.logInfo(`${role.planner} plans this tick: waiting for its offers`)
  while (role._tag === "Waits") role = yield* Effect.delay(join, ASKS_AGAIN)
  return role
})

/**
 * The turn of a host of a fleet. The planner of the tick reads the tracker, plans for the free places of all hosts, and offers the
 * bugs; then every host takes what it has places for. A planner that cannot plan lets another host do it.
 */
export const fleetTurn = Effect.fn("fleet.turn")(function* (
  offers: Offers
): Effect.fn.Return<Turn, JournalFailed, Scope.Scope> {
  const { limits } = yield* CurrentSettings
  yield* offers.present({ jobs: yield* maxParallelNow, perRun: limits.maxDispatches })
  yield* keepUp(offers)
  const role = yield* roleIn(offers)
  if (role._tag === "Worker") {
    const ago = Duration.format(Duration.seconds(Math.max(1, Math.round(role.ago / 1000))))
    const why = `${role.planner} planned this tick ${ago} ago, and no bug is left for this host`
    return {
      readsBugs: false,
      share: (found) => Effect.map(pull(offers, found), (mine) => ({ ...mine, skipped: [], why }))
    }
  }
  const { tick } = role
  // Does nothing once the bugs are offered.
  yield* Effect.addFinalizer(() => Effect.ignoreLogged(offers.giveUp(tick)))
  return {
    readsBugs: true,
    share: Effect.fn("fleet.share")(function* (found) {
      const { chosen, skipped } = yield* offerPlan(offers, tick, found)
      const why = chosen.length === 0 ? undefined : "every bug that may be taken is offered to the other hosts"
      return { ...(yield* pull(offers, found)), skipped, why }
    })
  }
})
