import { Duration, Effect, Exit, Ref, Schedule, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Claim } from "../../domain/Claim.ts"
import type { Issue } from "../../domain/Issue.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import type { LeaseKeeper } from "./leases.ts"
import { Progress } from "../../domain/Progress.ts"

/** A claim that goes back with its scope, unless it was handed over to a job. */
export interface HeldClaim {
  readonly claim: Claim
  /** Fails when it was found to be ours no more. */
  readonly verify: Effect.Effect<void, ClaimFailed>
  readonly handOver: Effect.Effect<void>
}

/**
 * Where a claim stands. `asked`: it may be ours. `left`: it was to be given back and may still be ours, so the attempt is
 * not over. `handed over`: it is the job's.
 */
export type Custody = "none" | "asked" | "held" | "given back" | "left" | "handed over"

/** A failed dispatch has as long as the tracker needs. */
const PATIENCE = Duration.minutes(3)

const giveBack = Effect.fn("giveBack")(function* (
  id: BeadsId,
  actor: Actor,
  leases: LeaseKeeper,
  within: Duration.Duration
): Effect.fn.Return<Custody, never, BeadsCli> {
  const beads = yield* BeadsCli
  const progress = yield* Progress
  yield* leases.drop(id)
  yield* progress.step(id, "put back")
  return yield* beads.release(id, actor).pipe(
    Effect.retry(Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(3))),
    Effect.interruptible,
    Effect.timeout(within),
    Effect.matchEffect({
      onSuccess: (released) =>
        Effect.as(
          released._tag === "Released"
            ? Effect.logInfo(`claim of ${id} given back`)
            : Effect.logDebug(`claim of ${id} was not ours: ${released.holder ?? "nobody"} (${released.status})`),
          "given back" as const
        ),
      onFailure: (error) =>
        Effect.as(
          Effect.logError(
            `claim of ${id} may be left behind, held by ${actor}: ${error.message}. ` +
              `The next run gives it back; at once: nightly-dispatch release ${id}`
          ),
          "left" as const
        )
    })
  )
})

/**
 * Claims an issue, as a read right before has shown it, for the scope, and keeps the claim alive for the run. What may
 * be ours is given back whatever ends the scope, an interruption in the middle of the claim included; the tracker releases
 * nothing that is not this actor's, so asking too often does no harm. `state` tells afterwards what became of it.
 */
export const claimScoped = Effect.fn("claimScoped")(function* (
  issue: Issue,
  actor: Actor,
  leases: LeaseKeeper,
  state: Ref.Ref<Custody>
): Effect.fn.Return<HeldClaim, ClaimFailed | TrackerFailed, BeadsCli | Scope.Scope> {
  const beads = yield* BeadsCli
  const { id } = issue
  yield* Effect.addFinalizer((exit) =>
    Effect.flatMap(Ref.get(state), (now) =>
      now === "asked" || now === "held"
        ? // Until it is known to be given back: what gives it back may die.
          Ref.set(state, "left").pipe(
            Effect.zipRight(giveBack(id, actor, leases, Exit.isInterrupted(exit) ? INTERRUPT_GRACE : PATIENCE)),
            Effect.provideService(BeadsCli, beads),
            Effect.flatMap((after) => Ref.set(state, after))
          )
        : Effect.void
    )
  )
  yield* Ref.set(state, "asked")
  const claim = yield* beads
    .claim(id, actor, issue)
    .pipe(
      Effect.tapError((error) =>
        error._tag === "ClaimFailed" && error.reason !== "unknown" ? Ref.set(state, "none") : Effect.void
      )
    )
  yield* Ref.set(state, "held")
  yield* leases.keep(claim)
  return { claim, verify: leases.verify(id), handOver: Ref.set(state, "handed over") }
})
