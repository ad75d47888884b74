import { Clock, DateTime, Duration, Effect, FiberMap, Ref, type Context, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { isCopiedAttempt } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Journal } from "../../journal/Journal.ts"
import { Claim, type Leases, type NotOurs } from "../../domain/Claim.ts"

/** Renews claims for as long as the run lasts, in trackers where claims are leases. */
export interface LeaseKeeper {
  /** Renews this claim from now on, until `drop` or the end of the run. */
  readonly keep: (claim: Claim) => Effect.Effect<void>
  /** Renews the claims of these jobs, which earlier runs started, until the end of the run. */
  readonly keepOfJobs: (running: ReadonlySet<BeadsId>) => Effect.Effect<void>
  /** Stops renewing this claim, because it is released. */
  readonly drop: (id: BeadsId) => Effect.Effect<void>
  /** Renews every claim once more at the end of the run, and logs until when the claims last. */
  readonly renewAtEnd: Effect.Effect<void>
}

/** A third of the lease, so that two renewals may fail before it expires; at least 10 seconds. */
const pause = (leaseExpiresAt: number, now: number): Duration.Duration =>
  Duration.millis(Math.max(10_000, (leaseExpiresAt - now) / 3))

const lossOf = ({ holder, status }: NotOurs): string =>
  `the claim was lost: ${holder === undefined ? "no actor holds it" : `${holder} holds it`} (${status})`

const until = (leaseExpiresAt: number): string => DateTime.formatIso(DateTime.unsafeMake(leaseExpiresAt))

/** The claims of one run that are leases. */
interface Held {
  readonly beads: Context.Tag.Service<BeadsCli>
  readonly journal: Context.Tag.Service<Journal>
  /** How long claims last in this tracker. Asked once. */
  readonly leases: Effect.Effect<Leases>
  readonly kept: Ref.Ref<ReadonlyMap<BeadsId, Claim>>
  readonly fibers: FiberMap.FiberMap<BeadsId>
}

const remember = ({ kept }: Held, claim: Claim) => Ref.update(kept, (all) => new Map(all).set(claim.id, claim))

const forget = ({ kept }: Held, id: BeadsId) =>
  Ref.update(kept, (all) => new Map([...all].filter(([other]) => other !== id)))

/** One renewal: the claim with its new end; `undefined` if the claim is no longer ours. */
const renew = (held: Held, claim: Claim): Effect.Effect<Claim | undefined> =>
  held.beads.heartbeat(claim.id, claim.actor).pipe(
    Effect.matchEffect({
      onFailure: ({ message }) =>
        Effect.as(Effect.logWarning(`cannot renew the claim of ${claim.id}, will try again: ${message}`), claim),
      onSuccess: (heartbeat) =>
        heartbeat._tag === "Alive"
          ? Effect.succeed(new Claim({ ...claim, leaseExpiresAt: heartbeat.leaseExpiresAt }))
          : Effect.as(Effect.logWarning(`${claim.id}: ${lossOf(heartbeat)}`), undefined)
    }),
    Effect.tap((renewed) => (renewed === undefined ? forget(held, claim.id) : remember(held, renewed)))
  )

const renewAgain = (held: Held, claim: Claim): Effect.Effect<void> =>
  claim.leaseExpiresAt === undefined
    ? Effect.void
    : Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) => Effect.sleep(pause(claim.leaseExpiresAt ?? now, now))),
        Effect.zipRight(renew(held, claim)),
        Effect.flatMap((renewed) => (renewed === undefined ? Effect.void : renewAgain(held, renewed)))
      )

const keep = Effect.fn("leases.keep")(function* (held: Held, claim: Claim) {
  const { id, leaseExpiresAt } = claim
  if (leaseExpiresAt === undefined) return
  if ((yield* held.leases) !== "renewable") {
    return yield* Effect.logWarning(
      `the claim of ${id} is a lease until ${until(leaseExpiresAt)}, and this tracker cannot renew it`
    )
  }
  yield* Effect.logDebug(`the claim of ${id} is a lease until ${until(leaseExpiresAt)}, renewed while this run lasts`)
  yield* remember(held, claim)
  yield* FiberMap.run(held.fibers, id, renewAgain(held, claim))
})

const keepOfJobs = Effect.fn("leases.keepOfJobs")(function* (held: Held, running: ReadonlySet<BeadsId>) {
  if (running.size === 0 || (yield* held.leases) !== "renewable") return
  // Only the claims of our own journal: others renew theirs themselves, or have given them up.
  const attempts = yield* Effect.catchAll(held.journal.open, ({ message }) =>
    Effect.as(
      Effect.logWarning(`cannot list our attempts, so the claims of running jobs are not renewed: ${message}`),
      []
    )
  )
  const ours = attempts.filter(
    ({ actor, beads }) => running.has(beads) && !isCopiedAttempt(held.journal.identity, actor)
  )
  for (const { actor, beads } of ours) {
    const claim = yield* renew(held, new Claim({ id: beads, actor }))
    if (claim !== undefined) yield* keep(held, claim)
  }
})

const renewAtEnd = Effect.fn("leases.renewAtEnd")(function* (held: Held) {
  const renewed = yield* Effect.forEach((yield* Ref.get(held.kept)).values(), (claim) => renew(held, claim))
  const ends = renewed.flatMap((claim) => (claim?.leaseExpiresAt === undefined ? [] : [claim.leaseExpiresAt]))
  if (ends.length === 0) return
  yield* Effect.logWarning(
    `the claims of ${ends.length} running job(s) are leases until ${until(Math.min(...ends))}. After that any ` +
      "`bd reclaim` may free them; the next `run` or `settle` renews them"
  )
})

/** The lease keeper of one run. Does nothing if claims do not expire. */
export const makeLeaseKeeper: Effect.Effect<LeaseKeeper, never, BeadsCli | Journal | Scope.Scope> = Effect.gen(
  function* () {
    const [beads, journal] = yield* Effect.all([BeadsCli, Journal])
    const leases = yield* Effect.cached(
      Effect.catchAll(beads.leases, ({ message }) =>
        Effect.as(
          Effect.logWarning(`cannot tell whether claims expire, so none are renewed: ${message}`),
          "none" as const
        )
      )
    )
    const held: Held = {
      beads,
      journal,
      leases,
      kept: yield* Ref.make<ReadonlyMap<BeadsId, Claim>>(new Map()),
      fibers: yield* FiberMap.make<BeadsId>()
    }
    return {
      keep: (claim) => keep(held, claim),
      keepOfJobs: (running) => keepOfJobs(held, running),
      drop: (id) => Effect.zipRight(FiberMap.remove(held.fibers, id), forget(held, id)),
      renewAtEnd: renewAtEnd(held)
    }
  }
)
