import { Schema } from "effect"
import { Mark } from "./Identity.ts"
import { timeOf, type Zone } from "./times.ts"

/**
 * What a pause covers in a journal that hosts share: one of them, or all.
 *
 * @example
 * Schema.is(PauseCover)("fleet") // true
 */
export const PauseCover = Schema.Union(Schema.Literal("fleet"), Schema.Struct({ mark: Mark, name: Schema.String }))
export type PauseCover = typeof PauseCover.Type

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
  /** Absent: every host that uses the journal, as with `fleet`. */
  covers: Schema.optional(PauseCover),
  /** Who ended it before its time, and when: by `resume`, or by a later pause. */
  ended: Schema.optional(Schema.Struct({ at: Schema.JsonNumber, by: Schema.String }))
})
export type Pause = typeof Pause.Type

const markOf = ({ covers }: Pick<Pause, "covers">): Mark | undefined =>
  typeof covers === "object" ? covers.mark : undefined

/**
 * Whether a pause covers the host that has these marks.
 *
 * @example
 * coversHost({ covers: "fleet" }, [mark]) // true
 */
export const coversHost = (pause: Pick<Pause, "covers">, marks: ReadonlyArray<Mark>): boolean => {
  const mark = markOf(pause)
  return mark === undefined || marks.includes(mark)
}

/**
 * Whether two pauses cover the same host, or all hosts: then the later one replaces the other.
 *
 * @example
 * coversSame({}, { covers: "fleet" }) // true
 */
export const coversSame = (a: Pick<Pause, "covers">, b: Pick<Pause, "covers">): boolean => markOf(a) === markOf(b)

/**
 * The command that ends a pause, without the program's name.
 *
 * @example
 * resumeOf({ covers: "fleet" }) // "resume --fleet"
 */
export const resumeOf = ({ covers }: Pick<Pause, "covers">): string => {
  if (covers === undefined) return "resume"
  return covers === "fleet" ? "resume --fleet" : `resume --host ${covers.name}`
}

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

/**
 * The pauses of these that are in force at `now` (milliseconds since the epoch). `newestFirst`: of those that cover the same, the
 * first replaced the others.
 *
 * @example
 * inForce([pause], now).find((pause) => coversHost(pause, ownMarks(identity)))
 */
export const inForce = (newestFirst: ReadonlyArray<Pause>, now: number): ReadonlyArray<Pause> =>
  newestFirst.filter(
    (pause, index) => !isOver(pause, now) && newestFirst.findIndex((newer) => coversSame(newer, pause)) === index
  )

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

const whoAndWhy = (pause: Pause, place: Place): string => {
  const { by, reason, until } = pause
  return `by ${by}: ${reason} · until ${until === undefined ? `nightly-dispatch ${resumeOf(pause)}` : timeOf(until, place)}`
}

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
