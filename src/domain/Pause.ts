import { Schema } from "effect"
import { timeOf, type Zone } from "./times.ts"

/**
 * A person's word that nothing is dispatched (`pause --reason TEXT`). Settling goes on.
 *
 * @example
 * Pause.make({ at: now, until: now + 3_600_000, reason: "the tracker moves", by: "op@vm-1" })
 */
export const Pause = Schema.Struct({
  /** When it began. Milliseconds since the epoch. */
  at: Schema.JsonNumber,
  /** When it is over by itself. Milliseconds since the epoch; absent: when somebody resumes. */
  until: Schema.optional(Schema.JsonNumber),
  reason: Schema.String,
  /** The user and the host: `op@vm-1`. */
  by: Schema.String,
  /** Who ended it before its time, and when: by `resume`, or by a later pause. */
  ended: Schema.optional(Schema.Struct({ at: Schema.JsonNumber, by: Schema.String }))
})
export type Pause = typeof Pause.Type

/**
 * When a pause is over at the latest, in milliseconds since the epoch; `undefined`: when somebody resumes.
 *
 * @example
 * overAt({ at: now, until: now + 3_600_000, reason: "the tracker moves", by: "op@vm-1" })
 */
export const overAt = ({ ended, until }: Pause): number | undefined => ended?.at ?? until

/**
 * Whether a pause is over at `now` (milliseconds since the epoch).
 *
 * @example
 * isOver(pause, now)
 */
export const isOver = (pause: Pause, now: number): boolean => {
  const over = overAt(pause)
  return over !== undefined && over <= now
}

/** Milliseconds. */
const DAY = 86_400_000

/**
 * Whether a pause is in force for a day or longer: then somebody may have forgotten it. `now`: milliseconds since the epoch.
 *
 * @example
 * isForgotten(pause, pause.at + 86_400_000) // true, if it is not over by then
 */
export const isForgotten = (pause: Pause, now: number): boolean => !isOver(pause, now) && now - pause.at >= DAY

/** By when a time is put into words. */
interface Place {
  readonly now: number
  readonly zone: Zone
}

const whoAndWhy = ({ by, reason, until }: Pause, place: Place): string =>
  `by ${by}: ${reason} · until ${until === undefined ? "nightly-dispatch resume" : timeOf(until, place)}`

/**
 * A pause in words: since when, by whom, why and until when.
 *
 * @example
 * pauseInWords(pause, { now, zone }) // "paused since 14:02 by op@vm-1: the tracker moves · until Mon 06:00"
 */
export const pauseInWords = (pause: Pause, place: Place): string =>
  `paused since ${timeOf(pause.at, place)} ${whoAndWhy(pause, place)}`

/**
 * The same without its beginning, for what shows that beside it.
 *
 * @example
 * effectInWords(pause, { now, zone }) // "nothing is dispatched: paused by op@vm-1: the tracker moves · until Mon 06:00"
 */
export const effectInWords = (pause: Pause, place: Place): string =>
  `nothing is dispatched: paused ${whoAndWhy(pause, place)}`
