import { DateTime, Option, Schema } from "effect"
import { RunId, tagOf } from "./Ids.ts"

/** Every actor of this program begins with this, on every host. */
export const ACTOR_PREFIX = "nightly-dispatch/"

/**
 * The name a claim is held under: `nightly-dispatch/<host>/<run>/<attempt>`.
 *
 * Unique to one attempt, because bd lets one actor claim an issue twice: two runs at the same time under one name would both
 * get the claim.
 */
export const Actor = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9@:_./-]{0,254}$/), Schema.brand("Actor"))
export type Actor = typeof Actor.Type

/** A host name with only the characters that an actor may hold. */
export const hostOf = (name: string): string => name.replace(/[^A-Za-z0-9.-]+/g, "-").slice(0, 64) || "host"

/**
 * The actor of one attempt.
 *
 * @example
 * actorOf({ host: "vm-1", run, attempt: 1 }) // nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1
 */
export const actorOf = (attempt: { readonly host: string; readonly run: RunId; readonly attempt: number }): Actor =>
  Actor.make(`${ACTOR_PREFIX}${hostOf(attempt.host)}/${attempt.run}/${attempt.attempt}`)

/** The parts of an actor. */
export interface ParsedActor {
  readonly actor: Actor
  /** As `hostOf` wrote it. */
  readonly host: string
  readonly run: RunId
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The digits that stand for the state directory; `undefined` if the run's id has none. */
  readonly tag: string | undefined
  readonly attempt: number
}

/** The parts of a dispatcher's actor; `undefined` for any other name. */
export const parseActor = (text: string): ParsedActor | undefined => {
  const match =
    /^nightly-dispatch\/([A-Za-z0-9.-]{1,64})\/((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{6,12})\/([1-9]\d{0,8})$/.exec(
      text
    )
  if (match === null) return undefined
  const [, host = "", run = "", year, month, day, hour, minute, second, attempt] = match
  const startedAt = DateTime.make(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Option.isNone(startedAt)
    ? undefined
    : {
        actor: Actor.make(text),
        host,
        run: RunId.make(run),
        startedAt: DateTime.toEpochMillis(startedAt.value),
        tag: tagOf(RunId.make(run)),
        attempt: Number(attempt)
      }
}
