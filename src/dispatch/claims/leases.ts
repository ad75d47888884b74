import { Clock, Effect, FiberMap, Ref, type Context, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { isCopiedAttempt, isOfMarks } from "../../domain/Actor.ts"
import { askOnce } from "../../domain/askOnce.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import { Claim, type Leases } from "../../domain/Claim.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { makeNotices } from "../../domain/notices.ts"
import { ensureWatcher } from "../../domain/Watching.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { isoOf, renew, renewalOf, renewWhenDue, type Renewal } from "./renewal.ts"

/** Renews claims for as long as its scope is open, in trackers where claims are leases. */
export interface LeaseKeeper {
  /** Renews this claim from now on, until `drop`. */
  readonly keep: (claim: Claim) => Effect.Effect<void>
  /** Renews the claims of these jobs, which earlier runs started. */
  readonly keepOfJobs: (running: ReadonlySet<BeadsId>) => Effect.Effect<void>
  /** Renews the claims of these attempts from now on, and no others. */
  readonly keepOnly: (attempts: ReadonlyArray<Pick<Attempt, "actor" | "beads">>) => Effect.Effect<void>
  /** Stops renewing this claim, because it is released. */
  readonly drop: (id: BeadsId) => Effect.Effect<void>
  /** Renews every claim once more, and logs until when the claims last and who renews them from then on. */
  readonly renewAtEnd: Effect.Effect<void>
}

/** The claims that one keeper renews. */
interface Held {
  readonly beads: Context.Tag.Service<BeadsCli>
  readonly journal: Context.Tag.Service<Journal>
  /** How long claims last in this tracker. */
  readonly leases: Effect.Effect<Leases>
  readonly kept: Ref.Ref<ReadonlyMap<BeadsId, Renewal>>
  readonly fibers: FiberMap.FiberMap<BeadsId>
  readonly onLost: (claim: Claim) => Effect.Effect<void>
}

const remember = ({ kept }: Held, renewal: Renewal) =>
  Ref.update(kept, (all) => new Map(all).set(renewal.claim.id, renewal))

const forget = ({ kept }: Held, id: BeadsId) =>
  Ref.update(kept, (all) => new Map([...all].filter(([other]) => other !== id)))

/** One heartbeat. A claim that is no longer ours is forgotten and reported. */
const step =
  (held: Held) =>
  (renewal: Renewal): Effect.Effect<Renewal | undefined> =>
    Effect.tap(renew(held.beads, renewal), (next) =>
      next === undefined
        ? Effect.zipRight(forget(held, renewal.claim.id), held.onLost(renewal.claim))
        : remember(held, next)
    )

const track = (held: Held, renewal: Renewal) =>
  Effect.zipRight(
    remember(held, renewal),
    FiberMap.run(held.fibers, renewal.claim.id, renewWhenDue(renewal, step(held)))
  )

const drop = (held: Held, id: BeadsId) => Effect.zipRight(FiberMap.remove(held.fibers, id), forget(held, id))

const keep = Effect.fn("leases.keep")(function* (held: Held, claim: Claim) {
  const { id, leaseExpiresAt } = claim
  if (leaseExpiresAt === undefined) return
  if ((yield* held.leases) !== "renewable") {
    return yield* Effect.logWarning(
      `the claim of ${id} is a lease until ${isoOf(leaseExpiresAt)}, and this tracker cannot renew it`
    )
  }
  yield* Effect.logDebug(`the claim of ${id} is a lease until ${isoOf(leaseExpiresAt)}, renewed from now on`)
  yield* track(held, renewalOf(claim, yield* Clock.currentTimeMillis))
})

/** Renews these claims at once, one after another, and from then on. */
const renewFromNowOn = Effect.fn("leases.renewFromNowOn")(function* (
  held: Held,
  attempts: ReadonlyArray<Pick<Attempt, "actor" | "beads">>
) {
  if (attempts.length === 0 || (yield* held.leases) !== "renewable") return
  for (const { actor, beads } of attempts) {
    const dueAt = yield* Clock.currentTimeMillis
    const next = yield* step(held)({ claim: new Claim({ id: beads, actor }), dueAt, isFailing: false })
    if (next !== undefined) yield* track(held, next)
  }
})

const keepOfJobs = Effect.fn("leases.keepOfJobs")(function* (held: Held, running: ReadonlySet<BeadsId>) {
  if (running.size === 0) return
  // Only the claims of our own journal: others renew theirs themselves, or have given them up.
  const attempts = yield* Effect.catchAll(held.journal.open, ({ message }) =>
    Effect.as(
      Effect.logWarning(`cannot list our attempts, so the claims of running jobs are not renewed: ${message}`),
      []
    )
  )
  const others = yield* Effect.catchAll(
    Effect.flatMap(Fleet, (fleet) => fleet.others),
    ({ message }) =>
      Effect.as(Effect.logWarning(`cannot list the other hosts, so no claim is renewed: ${message}`), undefined)
  )
  if (others === undefined) return
  const isOurs = ({ actor, beads }: Attempt) =>
    running.has(beads) && !isCopiedAttempt(held.journal.identity, actor) && !isOfMarks(others, actor)
  yield* renewFromNowOn(held, attempts.filter(isOurs))
})

const keepOnly: (held: Held, attempts: ReadonlyArray<Pick<Attempt, "actor" | "beads">>) => Effect.Effect<void> =
  Effect.fn("leases.keepOnly")(function* (held, attempts) {
    const kept = yield* Ref.get(held.kept)
    const isWanted = ({ claim }: Renewal) => attempts.some(({ actor }) => actor === claim.actor)
    for (const renewal of kept.values()) if (!isWanted(renewal)) yield* drop(held, renewal.claim.id)
    const isNew = ({ actor, beads }: Pick<Attempt, "actor" | "beads">) => kept.get(beads)?.claim.actor !== actor
    yield* renewFromNowOn(held, attempts.filter(isNew))
  })

const renewAtEnd = Effect.fn("leases.renewAtEnd")(function* (held: Held) {
  const renewed = yield* Effect.forEach((yield* Ref.get(held.kept)).values(), step(held))
  const ends = renewed.flatMap((next) => (next?.claim.leaseExpiresAt === undefined ? [] : [next.claim.leaseExpiresAt]))
  if (ends.length === 0) return
  const claims = `the claims of ${ends.length} running job(s) are leases until ${isoOf(Math.min(...ends))}`
  const { detail, state } = yield* ensureWatcher
  if (state === "watches") return yield* Effect.logInfo(`${claims}; the watcher renews them (${detail})`)
  yield* Effect.logWarning(
    `${claims}, and no watcher renews them after this run (${detail}). After that any \`bd reclaim\` may free them; the next ` +
      "`run` or `settle` renews them"
  )
})

/**
 * The lease keeper of one scope. Does nothing if claims do not expire. Calls `onLost` for a claim that a heartbeat finds to be
 * no longer ours.
 *
 * @example
 * const leases = yield* makeLeaseKeeper()
 * yield* leases.keep(claim) // renewed until the scope closes
 */
export const makeLeaseKeeper = Effect.fnUntraced(function* (
  onLost: (claim: Claim) => Effect.Effect<void> = () => Effect.void
): Effect.fn.Return<LeaseKeeper, never, BeadsCli | Journal | Scope.Scope> {
  const [beads, journal] = yield* Effect.all([BeadsCli, Journal])
  const { ask } = yield* askOnce(beads.leases)
  const notices = yield* makeNotices
  const leases = ask.pipe(
    Effect.tap(() => notices.clear("leases")),
    Effect.catchAll(({ message }) =>
      Effect.as(
        notices.warn("leases", `cannot tell whether claims expire, so none are renewed now: ${message}`),
        "none" as const
      )
    )
  )
  const kept = yield* Ref.make<ReadonlyMap<BeadsId, Renewal>>(new Map())
  const held: Held = { beads, journal, leases, kept, fibers: yield* FiberMap.make<BeadsId>(), onLost }
  return {
    keep: (claim) => keep(held, claim),
    keepOfJobs: (running) => keepOfJobs(held, running),
    keepOnly: (attempts) => keepOnly(held, attempts),
    drop: (id) => drop(held, id),
    renewAtEnd: renewAtEnd(held)
  }
})
