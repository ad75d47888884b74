import { Duration, Effect, Schedule, Scope } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Fleet } from "../../journal/Fleet.ts"
import { SILENCE, type Offers, type Tick, type Turn as Role } from "../../journal/Offers.ts"
import { maxParallelNow } from "../plan/warmUp.ts"
import type { Begun, Turn } from "../turn.ts"
import { offerPlan, type OffersAndHosts } from "./offerPlan.ts"
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

/** Waits until the planner is done; gives what this host does then. If the planner is silent, one of the waiting hosts plans. */
const roleIn = Effect.fn("fleet.role")(function* ({
  join
}: Offers): Effect.fn.Return<Exclude<Role, { readonly _tag: "Waits" }>, JournalFailed> {
  let role = yield* join
  if (role._tag === "Waits") yield* Effect.logInfo(`${role.planner} plans this tick: waiting for its offers`)
  while (role._tag === "Waits") role = yield* Effect.delay(join, ASKS_AGAIN)
  return role
})

/** The planner reads the tracker, plans for the free places of all hosts, and offers the bugs; then it takes its own share. */
const plannerTurn = Effect.fnUntraced(function* (fleet: OffersAndHosts, tick: Tick, run: Scope.Scope) {
  const { offers } = fleet
  // Another host plans in its place if it cannot. Does nothing once the bugs are offered.
  yield* Scope.addFinalizer(run, Effect.ignoreLogged(offers.giveUp(tick)))
  return {
    readsBugs: true,
    share: Effect.fn("fleet.share")(function* (found) {
      const { chosen, skipped } = yield* offerPlan(fleet, tick, found)
      const why = chosen.length === 0 ? undefined : "every bug that may be taken is offered to the other hosts"
      return { ...(yield* pull(offers, found)), skipped, why }
    })
  } satisfies Turn
})

const workerTurn = (offers: Offers, planner: string, millis: number): Turn => {
  const ago = Duration.format(Duration.seconds(Math.max(1, Math.round(millis / 1000))))
  const why = `${planner} planned this tick ${ago} ago, and no bug is left for this host`
  return {
    readsBugs: false,
    share: (found) => Effect.map(pull(offers, found), (mine) => ({ ...mine, skipped: [], why }))
  }
}

/**
 * Begins the turn of a host of a fleet: from now on the other hosts can plan for its places. Its `turn` waits until one host
 * has planned the tick; then each takes what it has places for.
 */
export const fleetTurn = Effect.fn("fleet.turn")(function* (
  fleet: Fleet["Type"],
  offers: Offers
): Effect.fn.Return<Begun, JournalFailed, Scope.Scope> {
  const [{ limits }, run] = yield* Effect.all([CurrentSettings, Effect.scope])
  yield* fleet.seen({ jobs: yield* maxParallelNow, perRun: limits.maxDispatches })
  yield* keepUp(offers)
  const turn = Effect.flatMap(roleIn(offers), (role) =>
    role._tag === "Worker"
      ? Effect.succeed(workerTurn(offers, role.planner, role.ago))
      : plannerTurn({ ...fleet, offers }, role.tick, run)
  )
  return { turn }
})
