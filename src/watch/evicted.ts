import { Effect, Ref, type Duration } from "effect"
import { traceOf } from "../dispatch/attempt/trace.ts"
import { openHere } from "../dispatch/settle/openHere.ts"
import type { Attempt } from "../domain/Attempt.ts"
import { explained } from "../domain/Explanation.ts"
import { evictionInWords, type Eviction } from "../domain/Eviction.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { Fleet } from "../journal/Fleet.ts"
import { Journal } from "../journal/Journal.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { Verifier } from "../runner/Verifier.ts"
import type { Watching } from "./watchJob.ts"

/** Well within the time that other hosts leave what an evicted host began alone: `EVICTION_NOTICE`. */
const LOOK_EVERY: Duration.DurationInput = "30 seconds"

/** Ends the attempt's job, and the check of its work; tells whether nothing of them works any more. Its worktree stays. */
const endJob = Effect.fn("watch.endEvicted")(function* (attempt: Attempt) {
  const [runner, verifier] = yield* Effect.all([DxRunner, Verifier])
  const { beads } = attempt
  const stop = attempt.phase === "verifying" ? verifier.stop : runner.stop
  yield* Effect.logWarning(`${beads}: this host was evicted, so another one may take the bug; ending its job`)
  const isOver = yield* stop(beads, traceOf(attempt)).pipe(
    Effect.catchAll(({ message }) => Effect.as(Effect.logDebug(`${beads}: ${message}`), false))
  )
  if (!isOver) yield* Effect.logError(`${beads}: its job could not be ended, will try again`)
  return isOver
})

/** The attempts of which the journal says that they are settled. */
const settledOf = (attempts: ReadonlyArray<Attempt>) =>
  Effect.flatMap(Journal, ({ find }) =>
    Effect.filter(attempts, ({ actor }) => Effect.map(find(actor), (now) => now?.phase === "settled"))
  )

/** The attempts whose jobs may not go on: all, or, once the host was admitted again, those that another host settled meanwhile. */
const toEnd = Effect.fn("watch.toEnd")(function* (
  { known, options }: Watching,
  { isAdmitted }: Eviction
): Effect.fn.Return<ReadonlyArray<Attempt>, JournalFailed, Journal> {
  const [open, before] = [yield* openHere(options), yield* Ref.get(known)]
  const gone = before.filter(({ beads }) => !open.some((attempt) => attempt.beads === beads))
  return isAdmitted ? yield* settledOf(gone) : [...open, ...gone]
})

/** The eviction of this host, and whether all its jobs have ended. */
interface Ending {
  readonly eviction: Eviction
  readonly isOver: boolean
}

/** Ends the jobs of this host if it was evicted: another host may take their bugs. `undefined` if it was not. */
export const endIfEvicted = Effect.fn("watch.endIfEvicted")(function* (
  watching: Watching
): Effect.fn.Return<Ending | undefined, JournalFailed, DxRunner | Journal | Verifier> {
  const eviction = yield* Effect.flatMap(Fleet, (fleet) => fleet.evicted)
  if (eviction === undefined) return undefined
  yield* watching.notices.warn("evicted", explained(evictionInWords(eviction)))
  const ended = yield* Effect.forEach(yield* toEnd(watching, eviction), endJob)
  return { eviction, isOver: ended.every((isOver) => isOver) }
})

/** Waits until this host is evicted and none of its jobs works any more. A journal that cannot be read ends no job. */
export const whenEvicted = Effect.fn("watch.whenEvicted")(function* (
  watching: Watching
): Effect.fn.Return<Eviction, never, DxRunner | Journal | Verifier> {
  for (;;) {
    const ending = yield* Effect.catchAll(endIfEvicted(watching), ({ message }) =>
      Effect.as(Effect.logDebug(`cannot tell whether this host was evicted: ${message}`), undefined)
    )
    if (ending?.isOver === true) return ending.eviction
    yield* Effect.sleep(LOOK_EVERY)
  }
})
