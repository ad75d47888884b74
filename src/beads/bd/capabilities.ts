import { Effect, Schema } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { Leases } from "../../domain/Claim.ts"
import type { BdProcess } from "./call.ts"
import { bdError, unreadable } from "./failure.ts"
import { errorLine } from "./messages.ts"

/** What a bd executable can do, by its own help pages: a higher version number does not mean more features. */
export const Capabilities = Schema.Struct({
  /** E.g. `1.0.3`; absent if bd did not print a version. */
  version: Schema.optional(Schema.String),
  /** Whether only one of two simultaneous claims can win. Assumed false without a version. */
  claimsAtomically: Schema.Boolean,
  /** The safest way to release a claim with this bd. See `release.ts`. */
  releaseForm: Schema.Literal("guarded-update", "guarded-unclaim", "plain"),
  leases: Leases,
  /** Whether `bd show` prints an issue's comments only with `--include-comments`. */
  includesComments: Schema.Boolean
})
export type Capabilities = typeof Capabilities.Type

/** Major, minor and patch number. */
export type Version = readonly [number, number, number]

/** Reads `bd version X.Y.Z …`; `undefined` for any other text. */
export const readVersion = (stdout: string): Version | undefined => {
  const match = /^bd version (\d{1,6})\.(\d{1,6})\.(\d{1,6})/m.exec(stdout.slice(0, 65_536))
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])]
}

/** Whether `bd update --claim` of this version is one compare-and-set: 0.49.4 and later. */
export const claimsAtomically = ([major, minor, patch]: Version): boolean =>
  major > 0 || minor > 49 || (minor === 49 && patch >= 4)

/** All that `bd version` prints on stdout, its commit too where it names one. */
export const versionText = (bd: Pick<BdProcess, "runWithoutDatabase">): Effect.Effect<string, TrackerFailed> =>
  Effect.map(bd.runWithoutDatabase("version", ["version"]), ({ stdout }) => stdout)

/** Runs `bd version`. */
export const askVersion = Effect.fn("bd.version")(function* (bd: Pick<BdProcess, "runWithoutDatabase">) {
  const result = yield* bd.runWithoutDatabase("version", ["version"])
  if (result.exitCode !== 0) return yield* bdError("version", result)
  return readVersion(result.stdout) ?? (yield* unreadable("version", `not a version: ${errorLine(result)}`))
})

/** Asks bd for its version and help pages, with six simultaneous calls. */
export const probe = Effect.fn("bd.probe")(function* (
  bd: Pick<BdProcess, "runWithoutDatabase">
): Effect.fn.Return<Capabilities, TrackerFailed> {
  const version = Effect.catchIf(
    askVersion(bd),
    ({ reason }) => reason === "unreadable" || reason === "refused",
    () => Effect.void
  )
  const offers = (command: string, ...words: ReadonlyArray<string>) =>
    Effect.map(
      bd.runWithoutDatabase(`${command} --help`, [command, "--help"]),
      ({ exitCode, stdout }) => exitCode === 0 && words.every((word) => stdout.includes(word))
    )
  const [numbers, guardedUpdate, guardedUnclaim, heartbeat, reclaim, includesComments] = yield* Effect.all(
    [
      version,
      offers("update", "--if-assignee", "--if-status"),
      offers("unclaim", "--if-assignee"),
      offers("heartbeat", "bd heartbeat"),
      offers("reclaim", "bd reclaim"),
      offers("show", "--include-comments")
    ],
    { concurrency: "unbounded" }
  )
  return {
    ...(numbers === undefined ? {} : { version: numbers.join(".") }),
    claimsAtomically: numbers !== undefined && claimsAtomically(numbers),
    releaseForm: guardedUpdate ? "guarded-update" : guardedUnclaim ? "guarded-unclaim" : "plain",
    leases: heartbeat ? "renewable" : reclaim ? "fixed" : "none",
    includesComments
  }
})
