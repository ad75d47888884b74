import { Schema } from "effect"

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

/** The id of one run, e.g. `20261122T030000Z-4f2a91`: its start in UTC and six random hex digits. Sorts by time. */
export const RunId = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/), Schema.brand("RunId"))
export type RunId = typeof RunId.Type

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

/**
 * The actor of one attempt.
 *
 * @example
 * actorOf({ host: "vm-1", run, attempt: 1 }) // nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1
 */
export const actorOf = (attempt: { readonly host: string; readonly run: RunId; readonly attempt: number }): Actor =>
  Actor.make(
    `${ACTOR_PREFIX}${attempt.host.replace(/[^A-Za-z0-9.-]+/g, "-").slice(0, 64) || "host"}/${attempt.run}/${attempt.attempt}`
  )
