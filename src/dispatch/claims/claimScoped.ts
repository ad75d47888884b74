import { Duration, Effect, Exit, Ref, Schedule, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Progress } from "../../domain/Progress.ts"
import type { LeaseKeeper } from "./leases.ts"

/** A claim that is released with its scope, unless it was handed over to a job. */
export interface HeldClaim {
  /** Fails with `ClaimFailed` if a renewal has found that the claim is no longer ours. */
  readonly verify: Effect.Effect<void, ClaimFailed>
  /** From here on the claim belongs to the job: closing the scope does not release it. */
  readonly handOver: Effect.Effect<void>
}

/** Whoever made the claim learns from these two whether it may still be held after the scope has closed. */
export interface ClaimOwner {
  readonly actor: Actor
  readonly leaveOpen: Effect.Effect<void>
  readonly settleOnClose: Effect.Effect<void>
}

/** How long a failed dispatch waits for the tracker to release its claim. */
const RELEASE_TIME = Duration.minutes(3)

/** Releases the claim within this time. Says whether it is certainly released. */
const release = Effect.fn("claim.release")(function* (
  id: BeadsId,
  actor: Actor,
  within: Duration.Duration
): Effect.fn.Return<boolean, never, BeadsCli> {
  const beads = yield* BeadsCli
  return yield* beads.release(id, actor).pipe(
    Effect.retry(Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(3))),
    Effect.interruptible,
    Effect.timeout(within),
    Effect.tap((released) =>
      released._tag === "Released"
        ? Effect.logInfo(`released the claim of ${id}`)
        : Effect.logDebug(
            `the claim of ${id} was not ours: held by ${released.holder ?? "no one"} (${released.status})`
          )
    ),
    Effect.as(true),
    Effect.catchAll((error) =>
      Effect.as(
        Effect.logError(
          `the claim of ${id} may be left behind, held by ${actor}: ${error.message}. The next run releases it; ` +
            `to release it now: nightly-dispatch release ${id}`
        ),
        false
      )
    )
  )
})

/**
 * Claims an issue, as a read right before has shown it, for the scope, and renews the claim for the run. A claim that may
 * be ours is released whatever ends the scope, an interruption in the middle of the claim included. The tracker releases
 * nothing that is not this actor's, so one release too many does no harm.
 */
export const claimScoped = Effect.fn("claimScoped")(function* (
  issue: Issue,
  owner: ClaimOwner,
  leases: LeaseKeeper
): Effect.fn.Return<HeldClaim, ClaimFailed | TrackerFailed, BeadsCli | Scope.Scope> {
  const [beads, progress] = yield* Effect.all([BeadsCli, Progress])
  const { id } = issue
  const mayBeHeld = yield* Ref.make(false)
  const rollBack = Effect.fnUntraced(
    function* (exit: Exit.Exit<unknown, unknown>) {
      // Marked first, in case the release is cut short by a crash.
      yield* owner.leaveOpen
      yield* leases.drop(id)
      yield* progress.step(id, "put back")
      const isReleased = yield* release(id, owner.actor, Exit.isInterrupted(exit) ? INTERRUPT_GRACE : RELEASE_TIME)
      if (isReleased) yield* owner.settleOnClose
    },
    Effect.provideService(BeadsCli, beads)
  )
  yield* Effect.addFinalizer((exit) => Effect.whenEffect(rollBack(exit), Ref.get(mayBeHeld)))
  yield* Ref.set(mayBeHeld, true)
  const claim = yield* beads
    .claim(id, owner.actor, issue)
    .pipe(
      Effect.tapError((error) =>
        error._tag === "ClaimFailed" && error.reason !== "unknown" ? Ref.set(mayBeHeld, false) : Effect.void
      )
    )
  yield* leases.keep(claim)
  return {
    verify: leases.verify(id),
    handOver: Effect.zipRight(owner.leaveOpen, Ref.set(mayBeHeld, false))
  }
})
