import { DateTime, Schema } from "effect"

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
  // Before the pattern, whose time grows with the square of the length.
  Schema.maxLength(200, { message: () => "an issue id has at most 200 characters" }),
  Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9_.-]*-[A-Za-z0-9][A-Za-z0-9_.-]*$/, {
    message: () => "an issue id looks like bd-a1b2: letters, digits, '.', '_' and '-', with a '-' inside"
  }),
  Schema.brand("BeadsId")
)
export type BeadsId = typeof BeadsId.Type

/**
 * The id of one run, e.g. `20261122T030000Z-4f2a91c7d0`: its start in UTC, then random hex digits. Sorts by time.
 *
 * @example
 * Schema.decodeUnknownSync(RunId)("20261122T030000Z-4f2a91c7d0")
 */
export const RunId = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6,12}$/), Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/**
 * A run's id. `now` is in milliseconds since the epoch, `random` a whole number below 2^40.
 *
 * @example
 * runIdOf(1_795_316_400_000, 42) // "20261122T030000Z-000000002a"
 */
export const runIdOf = (now: number, random: number): RunId => {
  const start = DateTime.formatIso(DateTime.unsafeMake(now)).slice(0, 19).replace(/[-:]/g, "")
  return RunId.make(`${start}Z-${random.toString(16).padStart(10, "0")}`)
}
