import { Clock, DateTime, Duration, Effect, FiberMap, Ref, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ClaimFailed } from "../../domain/Failure.ts"
import { Actor, ACTOR_PREFIX } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim, type NotOurs } from "../../domain/Claim.ts"

/** Renews claims for as long as the run lasts, in trackers where claims are leases. */
export interface LeaseKeeper {
  /** Renews this claim from now on, until `drop` or the end of the run. */
  readonly keep: (claim: Claim) => Effect.Effect<void>
  /** Renews the claims of these jobs, which earlier runs started, until the end of the run. */
  readonly keepOfJobs: (running: ReadonlySet<BeadsId>) => Effect.Effect<void>
  /** Stops renewing this claim, because it is released. */
  readonly drop: (id: BeadsId) => Effect.Effect<void>
  /** Fails with `ClaimFailed` if a renewal has found that the claim is no longer ours. */
  readonly verify: (id: BeadsId) => Effect.Effect<void, ClaimFailed>
  /** Renews every claim once more at the end of the run, and logs until when the claims last. */
  readonly renewAtEnd: Effect.Effect<void>
}

/** A third of the lease, so that two renewals may fail before it expires; at least 10 seconds. */
const pause = (leaseExpiresAt: number, now: number): Duration.Duration =>
  Duration.millis(Math.max(10_000, (leaseExpiresAt - now) / 3))

const lossOf = ({ holder, status }: NotOurs): string =>
  `the claim was lost: ${holder === undefined ? "no actor holds it" : `${holder} holds it`} (${status})`

const until = (leaseExpiresAt: number): string => DateTime.formatIso(DateTime.unsafeMake(leaseExpiresAt))

/** The lease keeper of one run. Does nothing if claims do not expire. */
export const makeLeaseKeeper: Effect.Effect<LeaseKeeper, never, BeadsCli | Scope.Scope> = Effect.gen(function* () {
  const beads = yield* BeadsCli
  const kept = yield* Ref.make<ReadonlyMap<BeadsId, Claim>>(new Map())
  const lost = yield* Ref.make<ReadonlyMap<BeadsId, NotOurs>>(new Map())
  const fibers = yield* FiberMap.make<BeadsId>()
  const leases = yield* Effect.cached(
    Effect.catchAll(beads.leases, ({ message }) =>
      Effect.as(
        Effect.logWarning(`cannot tell whether claims expire, so none are renewed: ${message}`),
        "none" as const
      )
    )
  )

  const forget = (id: BeadsId) => Ref.update(kept, (all) => new Map([...all].filter(([other]) => other !== id)))

  /** One renewal: the claim with its new end; `undefined` if the claim is no longer ours. */
  const renew = (claim: Claim): Effect.Effect<Claim | undefined> =>
    beads.heartbeat(claim.id, claim.actor).pipe(
      Effect.matchEffect({
        onFailure: ({ message }) =>
          Effect.as(Effect.logWarning(`cannot renew the claim of ${claim.id}, will try again: ${message}`), claim),
        onSuccess: (heartbeat) =>
          heartbeat._tag === "Alive"
            ? Effect.succeed(new Claim({ ...claim, leaseExpiresAt: heartbeat.leaseExpiresAt }))
            : Ref.update(lost, (all) => new Map(all).set(claim.id, heartbeat)).pipe(
                Effect.zipRight(Effect.logWarning(`${claim.id}: ${lossOf(heartbeat)}`)),
                Effect.as(undefined)
              )
      }),
      Effect.tap((renewed) =>
        renewed === undefined ? forget(claim.id) : Ref.update(kept, (all) => new Map(all).set(claim.id, renewed))
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
        `the claim of ${id} is a lease until ${until(leaseExpiresAt)}, and this tracker cannot renew it`
      )
    }
    yield* Effect.logDebug(`the claim of ${id} is a lease until ${until(leaseExpiresAt)}, renewed while this run lasts`)
    yield* Ref.update(kept, (all) => new Map(all).set(id, claim))
    yield* FiberMap.run(fibers, id, renewAgain(claim))
  })

  const keepOfJobs = Effect.fn("leases.keepOfJobs")(function* (running: ReadonlySet<BeadsId>) {
    if (running.size === 0 || (yield* leases) !== "renewable") return
    const claims = yield* Effect.catchAll(beads.claimsOf(ACTOR_PREFIX), ({ message }) =>
      Effect.as(Effect.logWarning(`cannot list our claims, so those of running jobs are not renewed: ${message}`), [])
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

  const drop = (id: BeadsId) => Effect.zipRight(FiberMap.remove(fibers, id), forget(id))

  const verify = (id: BeadsId) =>
    Effect.flatMap(Ref.get(lost), (all) => {
      const loss = all.get(id)
      if (loss === undefined) return Effect.void
      const { holder } = loss
      const reason = holder === undefined ? "not_open" : "held"
      return new ClaimFailed({ beads: id, reason, holder, detail: lossOf(loss) })
    })

  const renewAtEnd = Effect.gen(function* () {
    const renewed = yield* Effect.forEach((yield* Ref.get(kept)).values(), renew)
    const ends = renewed.flatMap((claim) => (claim?.leaseExpiresAt === undefined ? [] : [claim.leaseExpiresAt]))
    if (ends.length === 0) return
    yield* Effect.logWarning(
      `the claims of ${ends.length} running job(s) are leases until ${until(Math.min(...ends))}. After that any ` +
        "`bd reclaim` may free them; the next `run` or `settle` renews them"
    )
  }).pipe(Effect.withSpan("leases.renewAtEnd"))

  return { keep, keepOfJobs, drop, verify, renewAtEnd }
})
