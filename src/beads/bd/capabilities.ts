import { Effect, Schema } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Leases } from "../../domain/Claim.ts"
import type { BdCall } from "./call.ts"
import { refusal, unreadable } from "./failure.ts"
import { claimsAtomically, complaint, readVersion } from "./output.ts"

/** How this bd gives a claim back: guarded by bd itself where it offers that. */
const ReleaseForm = Schema.Literal("guarded-update", "guarded-unclaim", "plain")

/** What one bd executable can do. Found out by asking it: features do not follow its version numbers. */
export const Capabilities = Schema.Struct({
  /** Its version, e.g. `1.0.3`; absent when it does not say. */
  version: Schema.optional(Schema.String),
  /** Whether of two simultaneous claims only one can win. A bd that does not say which it is gets no such trust. */
  claimsAtomically: Schema.Boolean,
  releaseForm: ReleaseForm,
  leases: Leases
})
export type Capabilities = typeof Capabilities.Type

/** The numbers of its version. */
export const askVersion = Effect.fn("bd.version")(function* (bd: BdCall) {
  const result = yield* bd.ask("version", ["version"])
  if (result.exitCode !== 0) return yield* refusal("version", result)
  return readVersion(result.stdout) ?? (yield* unreadable("version", `not a version: ${complaint(result)}`))
})

/** Asks bd what it can do: a few calls that need no database, at the same time. */
export const probe = Effect.fn("bd.probe")(function* (bd: BdCall): Effect.fn.Return<Capabilities, TrackerFailed> {
  const version = Effect.catchIf(
    askVersion(bd),
    ({ reason }) => reason === "unreadable" || reason === "refused",
    () => Effect.void
  )
  const offers = (command: string, ...words: ReadonlyArray<string>) =>
    Effect.map(
      bd.ask(`${command} --help`, [command, "--help"]),
      ({ exitCode, stdout }) => exitCode === 0 && words.every((word) => stdout.includes(word))
    )
  const [numbers, guardedUpdate, guardedUnclaim, heartbeat, reclaim] = yield* Effect.all(
    [
      version,
      offers("update", "--if-assignee", "--if-status"),
      offers("unclaim", "--if-assignee"),
      offers("heartbeat", "bd heartbeat"),
      offers("reclaim", "bd reclaim")
    ],
    { concurrency: "unbounded" }
  )
  return {
    ...(numbers === undefined ? {} : { version: numbers.join(".") }),
    claimsAtomically: numbers !== undefined && claimsAtomically(numbers),
    releaseForm: guardedUpdate ? "guarded-update" : guardedUnclaim ? "guarded-unclaim" : "plain",
    leases: heartbeat ? "renewable" : reclaim ? "fixed" : "none"
  }
})

/** The call that gives a claim back. */
export const releaseArguments = (
  form: Capabilities["releaseForm"],
  id: BeadsId,
  actor: Actor
): ReadonlyArray<string> => {
  const open = ["--status", "open", "--assignee", "", "--json"]
  switch (form) {
    case "guarded-update":
      return ["--actor", actor, "update", id, "--if-assignee", actor, "--if-status", "in_progress", ...open]
    case "guarded-unclaim":
      return ["--actor", actor, "unclaim", id, "--if-assignee", actor, "--json"]
    case "plain":
      return ["--actor", actor, "update", id, ...open]
  }
}
