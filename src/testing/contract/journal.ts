import type { Effect, Scope } from "effect"
import { atOnce } from "./journalAtOnce.ts"
import { attempts } from "./journalAttempts.ts"
import { lock } from "./journalLock.ts"
import { pauses } from "./journalPauses.ts"
import { prune } from "./journalPrune.ts"
import { reopened } from "./journalReopen.ts"
import { reported } from "./journalReported.ts"
import { runs } from "./journalRuns.ts"
import { steps } from "./journalSteps.ts"
import { texts } from "./journalTexts.ts"
import { watcher } from "./journalWatcher.ts"
import type { JournalWorld } from "./journalWorld.ts"
import type { Contract } from "./suite.ts"
import { collectTimed } from "./timed.ts"

/**
 * What every layer of `Journal` must do. `makeWorld` makes an empty journal.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.journal(makeWorld))
 */
export const journal = (makeWorld: Effect.Effect<JournalWorld, never, Scope.Scope>): Contract =>
  collectTimed(makeWorld, (checkIn) => {
    const check = checkIn("")
    attempts(check)
    steps(check)
    reopened(check)
    texts(check)
    runs(check)
    atOnce(check)
    lock(checkIn("the lock"))
    pauses(checkIn("pauses"))
    prune(checkIn("prune"))
    reported(checkIn("ends"))
    watcher(checkIn("the watcher's place"))
  })
