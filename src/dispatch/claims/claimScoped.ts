import { Duration, Effect, Exit, Ref, Schedule, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import type { Issue } from "../../domain/Issue.ts"
import { emit } from "../../domain/Events.ts"
import { confirmClaim, verifyClaim, type Confirmation } from "./claimCheck.ts"
import type { LeaseKeeper } from "./leases.ts"

/** A claim that is released with its scope, unless it was handed over to a job. */
export interface HeldClaim {
  /** Reads the claim again, right before a start: see `verifyClaim`. */
  readonly verify: Effect.Effect<void, ClaimFailed | TrackerFailed>
  /** Reads the claim again, right after the acknowledgement: see `confirmClaim`. A claim taken again is renewed as well. */
  readonly confirm: Effect.Effect<Confirmation>
  /** From here on the claim belongs to the job: closing the scope does not release it. */
  readonly handOver: Effect.Effect<void>
}

/** The attempt that makes the claim. */
export interface ClaimOwner {
  readonly actor: Actor
  /** Closing the scope leaves the attempt open, because its claim may be held: the next run settles it. */
  readonly leaveOpen: Effect.Effect<void>
  /** False once the journal refused a step as `fenced`: another host may have the bug by now, so nothing outside is touched. */
  readonly mayRelease: Effect.Effect<boolean>
  /** Closing the scope settles the attempt: its claim is released. */
  readonly settleOnClose: Effect.Effect<void>
}

/** The time that a failed dispatch has to release its claim. */
const RELEASE_TIME = Duration.minutes(3)

/** Releases the claim within this time. Returns false if the claim may still be held. */
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
            `the claim of ${id} was not ours: held by ${released.holder ?? "no actor"} (${released.status})`
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
 * Claims an issue (the result of a fresh `show`) for the scope, and renews the claim until the run ends. Closing the scope
 * releases a claim that may be ours, also after an interruption during the claim: the tracker releases only claims of this
 * actor, so a needless release does no harm.
 */
export const claimScoped = Effect.fn("claimScoped")(function* (
  issue: Issue,
  owner: ClaimOwner,
  leases: LeaseKeeper
): Effect.fn.Return<HeldClaim, ClaimFailed | TrackerFailed, BeadsCli | Scope.Scope> {
  const beads = yield* BeadsCli
  const { id } = issue
  const mayBeHeld = yield* Ref.make(false)
  const rollBack = Effect.fnUntraced(
    function* (exit: Exit.Exit<unknown, unknown>) {
      // First, because a crash may cut the release short.
      yield* owner.leaveOpen
      yield* leases.drop(id)
      if (!(yield* owner.mayRelease))
        return yield* Effect.logWarning(`the claim of ${id} is left as it is: this host may have lost it`)
      yield* emit({ _tag: "StepBegun", beads: id, step: "release" })
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
    verify: Effect.provideService(verifyClaim(id, owner.actor), BeadsCli, beads),
    confirm: confirmClaim(id, owner.actor).pipe(
      Effect.tap((found) =>
        found._tag === "Held" && found.claim !== undefined ? leases.keep(found.claim) : Effect.void
      ),
      Effect.provideService(BeadsCli, beads)
    ),
    handOver: Effect.zipRight(owner.leaveOpen, Ref.set(mayBeHeld, false))
  }
})
