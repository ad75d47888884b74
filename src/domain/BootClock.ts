import { Clock, Context, Duration, Effect, Schema } from "effect"

/** A time by the boot clock. Only times of one boot can be compared. */
export const BootTime = Schema.Struct({
  /** Names the boot. */
  boot: Schema.String,
  /** Milliseconds since that boot. */
  millis: Schema.JsonNumber
})
export type BootTime = typeof BootTime.Type

/** Follows Effect's Clock, and so TestClock. */
export const wallClock: { readonly now: Effect.Effect<BootTime> } = {
  now: Effect.map(Clock.currentTimeMillis, (millis) => ({ boot: "wall clock", millis }))
}

/**
 * Counts the time since the host's boot, also while the host sleeps. People can set the wall clock, but not this one, so it
 * measures how long something takes. `layer` has the host's; without that it is `wallClock`.
 *
 * @example
 * Layer.succeed(BootClock, { now: Effect.succeed({ boot: "a test", millis: 0 }) })
 */
export class BootClock extends Context.Reference<BootClock>()("nightly-dispatch/BootClock", {
  defaultValue: () => wallClock
}) {}

/** A point in time, as both clocks showed it. */
export interface Moment {
  /** By the wall clock: milliseconds since the epoch. */
  readonly at: number
  /** `undefined` in the records of earlier versions. */
  readonly boot?: BootTime | undefined
}

/** Now, by both clocks. */
export const moment: Effect.Effect<{ readonly at: number; readonly boot: BootTime }> = Effect.gen(function* () {
  const clock = yield* BootClock
  return { at: yield* Clock.currentTimeMillis, boot: yield* clock.now }
})

/** Milliseconds by the boot clock, to measure how long something in this process takes. */
export const bootMillis: Effect.Effect<number> = Effect.flatMap(BootClock, ({ now }) =>
  Effect.map(now, ({ millis }) => millis)
)

/** The clocks of two hosts differ by less. */
const TOLERANCE = Duration.minutes(10)

/**
 * Whether a time is a mistake, because it has not come yet: a wall clock was wrong when it was read, or is wrong now. Both in
 * milliseconds since the epoch.
 *
 * @example
 * isMistaken(Date.parse("2090-01-01"), now) // true
 */
export const isMistaken = (at: number, now: number): boolean => at - now > Duration.toMillis(TOLERANCE)

/**
 * Milliseconds from `then` to `now`. By the boot clock if both are of one boot, else by the wall clock: then it is negative if
 * one of the two was read from a wrong clock.
 *
 * @example
 * ageOf(attempt.created, yield* moment)
 */
export const ageOf = (then: Moment, now: Moment): number => {
  const [from, to] = [then.boot, now.boot]
  // A container that starts again may count from its own start, in the same boot.
  const isCounted = from !== undefined && to !== undefined && from.boot === to.boot && from.millis <= to.millis
  return isCounted ? to.millis - from.millis : now.at - then.at
}
