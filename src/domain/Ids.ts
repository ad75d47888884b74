import { DateTime, Option, Schema } from "effect"

/**
 * The id of an issue in Beads, e.g. `bd-a1b2` or `prime-radiant-7f3.1`.
 *
 * The pattern makes it safe as a command-line argument (no leading dash), as one path segment (no slash, no leading
 * dot) and in a log line (no space, no control character). bd allows 255 characters; 200 leaves room for the suffixes
 * that file names and branches add.
 *
 * @example
 * Schema.decodeUnknownSync(BeadsId)("bd-a1b2")
 */
export const BeadsId = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9_.-]*-[A-Za-z0-9][A-Za-z0-9_.-]*$/, {
    message: () => "an issue id looks like bd-a1b2: letters, digits, '.', '_' and '-', with a '-' inside"
  }),
  Schema.maxLength(200),
  Schema.brand("BeadsId")
)
export type BeadsId = typeof BeadsId.Type

/**
 * The id of one run, e.g. `20261122T030000Z-4f2a91c7`: its start in UTC, then hex digits of which the last four may stand
 * for the state directory. Sorts by time.
 */
export const RunId = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6,12}$/), Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** How many of a run id's last digits stand for the state directory. */
const TAG = 4

/**
 * A run's id. `now` is in milliseconds since the epoch, `random` a whole number below 2^24, `tag` four hex digits that
 * every run of one state directory shares: by them it knows its own claims in the tracker when it has lost everything else.
 */
export const runIdOf = (now: number, random: number, tag: string): RunId => {
  const start = DateTime.formatIso(DateTime.unsafeMake(now)).slice(0, 19).replace(/[-:]/g, "")
  return RunId.make(`${start}Z-${random.toString(16).padStart(6, "0")}${tag}`)
}

/** The digits of a run's id that stand for the state directory; nothing where it has none. */
export const tagOf = (run: RunId): string | undefined => {
  const digits = run.slice(run.indexOf("-") + 1)
  return digits.length === 6 + TAG ? digits.slice(-TAG) : undefined
}

/** What every actor of this dispatcher starts with, on every host and in every run. */
export const ACTOR_PREFIX = "nightly-dispatch/"

/**
 * Who holds a claim: `nightly-dispatch/<host>/<run>/<attempt>`.
 *
 * Unique to one attempt, because bd lets one actor claim an issue twice: two overlapping runs under one name would
 * both win.
 */
export const Actor = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9@:_./-]{0,254}$/), Schema.brand("Actor"))
export type Actor = typeof Actor.Type

/** A machine's name as it is in an actor. */
export const hostOf = (name: string): string => name.replace(/[^A-Za-z0-9.-]+/g, "-").slice(0, 64) || "host"

/**
 * The actor of one attempt.
 *
 * @example
 * actorOf({ host: "vm-1", run, attempt: 1 }) // nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1
 */
export const actorOf = (attempt: { readonly host: string; readonly run: RunId; readonly attempt: number }): Actor =>
  Actor.make(`${ACTOR_PREFIX}${hostOf(attempt.host)}/${attempt.run}/${attempt.attempt}`)

/** An actor taken apart. */
export interface ParsedActor {
  readonly actor: Actor
  /** As it is in the actor: see `hostOf`. */
  readonly host: string
  readonly run: RunId
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The digits that stand for the state directory, where the run's id has any. */
  readonly tag: string | undefined
  readonly attempt: number
}

/** A dispatcher's actor taken apart; nothing for anybody else's name. */
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
