import { DateTime, Option, Schema } from "effect"
import { Mark, type Identity } from "./Identity.ts"
import { RunId } from "./Ids.ts"

/** Every actor of this program begins with this, on every host. */
export const ACTOR_PREFIX = "nightly-dispatch/"

/**
 * The name a claim is held under: `nightly-dispatch/<mark>/<host>/<run>/<attempt>`.
 *
 * Unique to one attempt, because bd lets one actor claim an issue twice: two runs at the same time under one name would both
 * get the claim. The mark says whose claim it is; the host is only for people. Actors of earlier versions have no mark.
 *
 * @example
 * Schema.decodeUnknownSync(Actor)("nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0/1")
 */
export const Actor = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9@:_./-]{0,254}$/), Schema.brand("Actor"))
export type Actor = typeof Actor.Type

/**
 * A host name with only the characters that an actor may hold, and at most 64 of them.
 *
 * @example
 * hostOf("vm 1") // "vm-1"
 */
export const hostOf = (name: string): string =>
  name
    .slice(0, 1024)
    .replace(/[^A-Za-z0-9.-]+/g, "-")
    .slice(0, 64) || "host"

/**
 * The actor of one attempt.
 *
 * @example
 * actorOf({ mark, host: "vm-1", run, attempt: 1 }) // nightly-dispatch/0a…f3/vm-1/20261122T030000Z-4f2a91c7d0/1
 */
export const actorOf = (attempt: {
  readonly mark: Mark
  readonly host: string
  readonly run: RunId
  readonly attempt: number
}): Actor => Actor.make(`${ACTOR_PREFIX}${attempt.mark}/${hostOf(attempt.host)}/${attempt.run}/${attempt.attempt}`)

/**
 * The actor of a claim made by hand. It belongs to no state directory, so no run releases it.
 *
 * @example
 * actorByHand({ host: "vm-1", run }) // nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0/0
 */
export const actorByHand = ({ host, run }: { readonly host: string; readonly run: RunId }): Actor =>
  Actor.make(`${ACTOR_PREFIX}${hostOf(host)}/${run}/0`)

/** The parts of an actor. */
export interface ParsedActor {
  readonly actor: Actor
  /** The mark of its state directory; `undefined` in the actors of earlier versions. */
  readonly mark: Mark | undefined
  /** As `hostOf` wrote it. */
  readonly host: string
  readonly run: RunId
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly attempt: number
}

const PATTERN =
  /^nightly-dispatch\/(?:([0-9a-f]{32})\/)?([A-Za-z0-9.-]{1,64})\/((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{6,12})\/([1-9]\d{0,8})$/

/**
 * The parts of a dispatcher's actor; `undefined` for any other name.
 *
 * @example
 * parseActor("alice") // undefined
 */
export const parseActor = (text: string): ParsedActor | undefined => {
  const match = PATTERN.exec(text)
  if (match === null) return undefined
  const [, mark, host = "", run = "", year, month, day, hour, minute, second, attempt] = match
  const startedAt = DateTime.make(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Option.isNone(startedAt)) return undefined
  return {
    actor: Actor.make(text),
    mark: mark === undefined ? undefined : Mark.make(mark),
    host,
    run: RunId.make(run),
    startedAt: DateTime.toEpochMillis(startedAt.value),
    attempt: Number(attempt)
  }
}

/**
 * Whether an attempt was made by a state directory with one of these marks.
 *
 * @example
 * isOfMarks(new Set([mark]), actorOf({ mark, host: "vm-1", run, attempt: 1 })) // true
 */
export const isOfMarks = (marks: ReadonlySet<Mark>, actor: Actor): boolean => {
  const mark = parseActor(actor)?.mark
  return mark !== undefined && marks.has(mark)
}

/**
 * Whether an attempt in the journal was made by the directory that this one is a copy of: it may be at work there.
 *
 * @example
 * isCopiedAttempt({ mark, adopted: [], copied: [], trackers: [] }, actor) // false
 */
export const isCopiedAttempt = ({ copied }: Identity, actor: Actor): boolean => {
  const mark = parseActor(actor)?.mark
  return mark !== undefined && copied.includes(mark)
}
