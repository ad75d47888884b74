import { Effect } from "effect"
import { isCopiedAttempt } from "../../domain/Actor.ts"
import { ackOf, providerOf, type Attempt } from "../../domain/Attempt.ts"
import { bootMillis } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { withAttributes, type SpanAttributes } from "../../domain/traceContext.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { belongsHere, settleElsewhere } from "./belongsHere.ts"
import { settleAttempt } from "./settleAttempt.ts"
import { settleCopied } from "./settleCopied.ts"
import { settleTheirs } from "./settleTheirs.ts"
import { stillOpen, type Claims, type SettleBounds, type Settlement, type SettleServices } from "./settlement.ts"

/** An attempt that is not settled. */
export interface OpenAttempt {
  readonly attempt: Attempt
  /** Milliseconds since the epoch of the last sign of the program that made the attempt. */
  readonly lastSign: number
}

/** Names the claims that the attempt's agent holds on other bugs. */
const nameOthers = ({ actor, beads }: Attempt, claims: Claims) =>
  Effect.forEach(
    claims.filter(({ assignee, id }) => assignee === actor && id !== beads),
    ({ id }) =>
      Effect.logWarning(`${id} is claimed by ${actor}, the agent of ${beads}; released when that attempt settles`),
    { discard: true }
  )

/** Settles an attempt as it should be: by whose it is. */
const settle = Effect.fn("settle.one")(function* (
  { repository }: RunOptions,
  { attempt, lastSign }: OpenAttempt,
  claims: Claims,
  bounds: SettleBounds
): Effect.fn.Return<Settlement, JournalFailed, SettleServices> {
  const { identity } = yield* Journal
  if ((yield* bootMillis) >= bounds.deadline) return stillOpen(attempt, "timeouts.run is used up")
  const tenure = yield* Effect.flatMap(Fleet, (fleet) => fleet.tenure(attempt.actor))
  if (tenure._tag !== "Ours") return yield* settleTheirs(attempt, tenure, claims)
  if (isCopiedAttempt(identity, attempt.actor)) return yield* settleCopied(attempt, claims)
  return belongsHere(attempt, { repository, trackers: identity.trackers })
    ? yield* settleAttempt(attempt, lastSign, claims, bounds)
    : yield* settleElsewhere(attempt)
})

/** The attempt as the journal has it now: since it was listed, another process may have moved it on. */
const current = Effect.fnUntraced(function* ({ attempt, lastSign }: OpenAttempt) {
  const journal = yield* Journal
  const now = (yield* journal.find(attempt.actor)) ?? attempt
  return {
    attempt: now,
    lastSign: now.updatedAt === attempt.updatedAt ? lastSign : now.updatedAt
  } satisfies OpenAttempt
})

const attributesOf = (attempt: Attempt): SpanAttributes => {
  const provider = providerOf(attempt) ?? ackOf(attempt)?.provider
  return { beads: attempt.beads, attempt: attempt.actor, ...(provider === undefined ? {} : { provider }) }
}

/**
 * Settles one attempt, as far as the runner and the tracker can tell; `undefined` if another process has settled it. Call it
 * under the run lock.
 *
 * @example
 * const bounds = { deadline, mayAbandon: true }
 * forOneJob(run, settleOne(options, { attempt, lastSign: attempt.updatedAt }, claims, bounds))
 */
export const settleOne = Effect.fn("settleOne")(
  function* (
    options: RunOptions,
    listed: OpenAttempt,
    claims: Claims,
    bounds: SettleBounds
  ): Effect.fn.Return<Settlement | undefined, JournalFailed, SettleServices> {
    const open = yield* current(listed)
    if (open.attempt.phase === "settled") return undefined
    const settlement = yield* settle(options, open, claims, bounds)
    if (settlement._tag !== "Ended") yield* nameOthers(settlement.attempt, claims)
    return settlement
  },
  (effect, _, { attempt }) => withAttributes(effect, attributesOf(attempt))
)
