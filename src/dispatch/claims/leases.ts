import { Clock, DateTime, Duration, Effect, FiberMap, Ref, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ClaimFailed } from "../../domain/Failure.ts"
import { Actor, ACTOR_PREFIX } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim, type NotOurs } from "../../domain/Claim.ts"

/** Keeps claims from running out for as long as the run lasts, in trackers where they do. */
export interface LeaseKeeper {
  /** Renews this claim from now on, until it is dropped or the run ends. */
  readonly keep: (claim: Claim) => Effect.Effect<void>
  /** Renews the claims of these jobs too: they were started by an earlier run. */
  readonly adopt: (running: ReadonlySet<BeadsId>) => Effect.Effect<void>
  /** Stops renewing it: it was given back. */
  readonly drop: (id: BeadsId) => Effect.Effect<void>
  /** Fails when a renewal has found that the claim is not ours any more. */
  readonly verify: (id: BeadsId) => Effect.Effect<void, ClaimFailed>
  /** Before the run leaves its jobs alone: renews every claim once more, and says until when they last. */
  readonly farewell: Effect.Effect<void>
}

/** A third of the lease, so that two renewals may fail before it runs out; never so often that it is all we do. */
const pause = (leaseExpiresAt: number, now: number): Duration.Duration =>
  Duration.millis(Math.max(10_000, (leaseExpiresAt - now) / 3))

const lostTo = ({ holder, status }: NotOurs): string =>
  `the claim was taken away: ${holder === undefined ? "nobody holds it" : `${holder} holds it`} (${status})`

const until = (leaseExpiresAt: number): string => DateTime.formatIso(DateTime.unsafeMake(leaseExpiresAt))

/** For one run. Where claims do not expire it does nothing. */
export const makeLeaseKeeper: Effect.Effect<LeaseKeeper, never, BeadsCli | Scope.Scope> = Effect.gen(function* () {
  const beads = yield* BeadsCli
  const kept = yield* Ref.make<ReadonlyMap<BeadsId, Claim>>(new Map())
  const lost = yield* Ref.make<ReadonlyMap<BeadsId, NotOurs>>(new Map())
  const fibers = yield* FiberMap.make<BeadsId>()
  const leases = yield* Effect.cached(
    Effect.catchAll(beads.leases, (error) =>
      Effect.as(Effect.logWarning(`cannot tell whether claims expire: ${error.message}`), "none" as const)
    )
  )

  /** One renewal: the claim with its new end; nothing when it is not ours any more. */
  const renew = (claim: Claim): Effect.Effect<Claim | undefined> =>
    beads.heartbeat(claim.id, claim.actor).pipe(
      Effect.matchEffect({
        onFailure: (error) =>
          Effect.as(Effect.logWarning(`the claim of ${claim.id} could not be renewed: ${error.message}`), claim),
        onSuccess: (heartbeat) =>
          heartbeat._tag === "Alive"
            ? Effect.succeed(new Claim({ ...claim, leaseExpiresAt: heartbeat.leaseExpiresAt }))
            : Ref.update(lost, (all) => new Map(all).set(claim.id, heartbeat)).pipe(
                Effect.zipRight(Effect.logWarning(`${claim.id}: ${lostTo(heartbeat)}`)),
                Effect.as(undefined)
              )
      }),
      Effect.tap((now) =>
        Ref.update(kept, (all) => {
          const next = new Map(all)
          if (now === undefined) next.delete(claim.id)
          else next.set(claim.id, now)
          return next
        })
      )
    )

  const renewAgain = (claim: Claim): Effect.Effect<void> =>
    claim.leaseExpiresAt === undefined
      ? Effect.void
      : Clock.currentTimeMillis.pipe(
          Effect.flatMap((now) => Effect.sleep(pause(claim.leaseExpiresAt ?? now, now))),
          Effect.zipRight(renew(claim)),
          Effect.flatMap((renewed) => (renewed === undefined ? Effect.void : renewAgain(renewed)))
        )

  const keep = Effect.fn("leases.keep")(function* (claim: Claim) {
    const { id, leaseExpiresAt } = claim
    if (leaseExpiresAt === undefined) return
    if ((yield* leases) !== "renewable") {
      return yield* Effect.logWarning(
        `the claim of ${id} is a lease until ${until(leaseExpiresAt)}, and this tracker offers no way to renew it`
      )
    }
    yield* Effect.logDebug(`the claim of ${id} is a lease until ${until(leaseExpiresAt)}, renewed while this run lasts`)
    yield* Ref.update(kept, (all) => new Map(all).set(id, claim))
    yield* FiberMap.run(fibers, id, renewAgain(claim))
  })

  const adopt = Effect.fn("leases.adopt")(function* (running: ReadonlySet<BeadsId>) {
    if (running.size === 0 || (yield* leases) !== "renewable") return
    const claims = yield* Effect.catchAll(beads.claimsOf(ACTOR_PREFIX), (error) =>
      Effect.as(Effect.logWarning(`claims of running jobs are not renewed: ${error.message}`), [])
    )
    yield* Effect.forEach(
      claims.filter((issue) => running.has(issue.id)),
      ({ id, assignee = "" }) =>
        Effect.flatMap(renew(new Claim({ id, actor: Actor.make(assignee) })), (claim) =>
          claim === undefined ? Effect.void : keep(claim)
        ),
      { discard: true }
    )
  })

  const drop = (id: BeadsId) =>
    Effect.zipRight(
      FiberMap.remove(fibers, id),
      Ref.update(kept, (all) => new Map([...all].filter(([other]) => other !== id)))
    )

  const verify = (id: BeadsId) =>
    Effect.flatMap(Ref.get(lost), (all) => {
      const now = all.get(id)
      return now === undefined
        ? Effect.void
        : Effect.fail(
            new ClaimFailed({
              beads: id,
              reason: now.holder === undefined ? "not_open" : "held",
              holder: now.holder,
              detail: lostTo(now)
            })
          )
    })

  const farewell = Effect.gen(function* () {
    const renewed = yield* Effect.forEach((yield* Ref.get(kept)).values(), renew)
    const ends = renewed.flatMap((claim) => (claim?.leaseExpiresAt === undefined ? [] : [claim.leaseExpiresAt]))
    if (ends.length === 0) return
    yield* Effect.logWarning(
      `claims of ${ends.length} running job(s) are leases until ${until(Math.min(...ends))}; after that anybody's ` +
        "`bd reclaim` may free them, until the next `run` or `settle` renews them"
    )
  }).pipe(Effect.withSpan("leases.farewell"))

  return { keep, adopt, drop, verify, farewell }
})
