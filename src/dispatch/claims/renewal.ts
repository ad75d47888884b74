import { Clock, DateTime, Duration, Effect, type Context } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import { Claim, type NotOurs } from "../../domain/Claim.ts"

/** A claim that is a lease, and the state of its renewal. */
export interface Renewal {
  readonly claim: Claim
  /** When it is renewed next. Milliseconds since the epoch. */
  readonly dueAt: number
  /** The last heartbeat failed. */
  readonly isFailing: boolean
}

/** A heartbeat that failed is sent again after this time, and no two are closer. */
const RETRY = Duration.seconds(10)

/** The longest sleep. Timers stand still while the host sleeps, so the wall clock is read this often. */
const NAP = Duration.seconds(10)

/** The duration of bd's leases, for a claim whose end the tracker did not tell. */
const USUAL_LEASE = Duration.minutes(5)

/** A time in words. */
export const isoOf = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

/** After a third of the lease, so that two renewals may fail before it expires. */
export const renewalOf = (claim: Claim, now: number): Renewal => {
  const { leaseExpiresAt = now + Duration.toMillis(USUAL_LEASE) } = claim
  const third = Math.max(Duration.toMillis(RETRY), (leaseExpiresAt - now) / 3)
  return { claim, dueAt: now + third, isFailing: false }
}

const lossOf = ({ holder, status }: NotOurs): string =>
  `the claim was lost: ${holder === undefined ? "no actor holds it" : `${holder} holds it`} (${status})`

/** Sleeps until this time of the wall clock (milliseconds since the epoch). Naps are counted: the clock may be set back. */
const sleepUntil = Effect.fnUntraced(function* (dueAt: number) {
  const left = dueAt - (yield* Clock.currentTimeMillis)
  for (let slept = 0; slept < left; slept += Duration.toMillis(NAP)) {
    const now = yield* Clock.currentTimeMillis
    if (now >= dueAt) return
    yield* Effect.sleep(Duration.min(NAP, Duration.millis(dueAt - now)))
  }
})

/** One heartbeat: the next renewal; `undefined` if the claim is no longer ours. Logs a failure once until one succeeds. */
export const renew = Effect.fn("lease.renew")(function* (
  beads: Context.Tag.Service<BeadsCli>,
  { claim, isFailing }: Renewal
): Effect.fn.Return<Renewal | undefined> {
  const { actor, id } = claim
  const heartbeat = yield* Effect.either(beads.heartbeat(id, actor))
  const now = yield* Clock.currentTimeMillis
  if (heartbeat._tag === "Left") {
    const text = `cannot renew the claim of ${id}, will try again: ${heartbeat.left.message}`
    yield* isFailing ? Effect.logDebug(text) : Effect.logWarning(text)
    return { claim, dueAt: now + Duration.toMillis(RETRY), isFailing: true }
  }
  if (heartbeat.right._tag === "NotOurs") {
    yield* Effect.logWarning(`${id}: ${lossOf(heartbeat.right)}`)
    return undefined
  }
  const { leaseExpiresAt } = heartbeat.right
  const until = leaseExpiresAt === undefined ? "" : ` until ${isoOf(leaseExpiresAt)}`
  yield* isFailing
    ? Effect.logInfo(`renewed the claim of ${id} again${until}`)
    : Effect.logDebug(`renewed the claim of ${id}${until}`)
  return renewalOf(new Claim({ ...claim, leaseExpiresAt }), now)
})

/** Renews a claim each time it is due. Ends when the claim is no longer ours. `step` sends one heartbeat. */
export const renewWhenDue = (
  renewal: Renewal,
  step: (renewal: Renewal) => Effect.Effect<Renewal | undefined>
): Effect.Effect<void> =>
  sleepUntil(renewal.dueAt).pipe(
    Effect.zipRight(step(renewal)),
    Effect.flatMap((next) => (next === undefined ? Effect.void : renewWhenDue(next, step)))
  )
