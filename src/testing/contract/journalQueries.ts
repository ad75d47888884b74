import type { Effect, Scope } from "effect"
import { attemptsIn } from "./queriesAttempts.ts"
import { outcomesIn } from "./queriesOutcomes.ts"
import { runsAndBugs } from "./queriesRuns.ts"
import { shadows } from "./queriesShadows.ts"
import { waitingIn } from "./queriesWaiting.ts"
import type { QueriesWorld } from "./queriesWorld.ts"
import type { Contract } from "./suite.ts"
import { collectTimed } from "./timed.ts"

/**
 * What every layer of `JournalQueries` must answer about what a `Journal` has written. `makeWorld` makes an empty journal.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.journalQueries(makeWorld))
 */
export const journalQueries = (makeWorld: Effect.Effect<QueriesWorld, never, Scope.Scope>): Contract =>
  collectTimed(makeWorld, (checkIn) => {
    const check = checkIn("")
    runsAndBugs(check)
    attemptsIn(check)
    waitingIn(check)
    outcomesIn(check)
    shadows(checkIn("shadow runs"))
  })
