import { Effect } from "effect"
import type { TrackerFailed } from "../domain/Failure.ts"
import type { Actor, BeadsId } from "../domain/Ids.ts"
import { remembered, type BdCall } from "./bdCall.ts"
import { refusal, unreadable } from "./bdFailure.ts"
import { claimsAtomically, complaint, readVersion } from "./bdOutput.ts"

/** What the installed bd can do. Asked of it once, when first needed. */
export interface Capabilities {
  /** Its version, e.g. `1.0.3`. */
  readonly version: Effect.Effect<string, TrackerFailed>
  /** Whether of two simultaneous claims only one can win. A bd that does not say which it is gets no such trust. */
  readonly claimsAtomically: Effect.Effect<boolean, TrackerFailed>
  /** The call that gives a claim back, guarded by bd itself where it offers that. */
  readonly releaseArguments: (id: BeadsId, actor: Actor) => Effect.Effect<ReadonlyArray<string>, TrackerFailed>
}

type ReleaseForm = "guarded-update" | "guarded-unclaim" | "plain"

/** Asks bd itself: features do not follow its version numbers. */
export const makeCapabilities = (bd: BdCall): Effect.Effect<Capabilities> =>
  Effect.gen(function* () {
    const version = yield* remembered(
      Effect.flatMap(bd.ask("version", ["version"]), (result) => {
        if (result.exitCode !== 0) return Effect.fail(refusal("version", result))
        const numbers = readVersion(result.stdout)
        return numbers === undefined
          ? Effect.fail(unreadable("version", `not a version: ${complaint(result)}`))
          : Effect.succeed(numbers)
      })
    )

    const help = (command: string) =>
      Effect.map(bd.ask(`${command} --help`, [command, "--help"]), ({ exitCode, stdout }) =>
        exitCode === 0 ? stdout : ""
      )

    const releaseForm = yield* remembered(
      Effect.gen(function* (): Effect.fn.Return<ReleaseForm, TrackerFailed> {
        const update = yield* help("update")
        if (update.includes("--if-assignee") && update.includes("--if-status")) return "guarded-update"
        const unclaim = yield* help("unclaim")
        return unclaim.includes("--if-assignee") ? "guarded-unclaim" : "plain"
      })
    )

    return {
      version: Effect.map(version, (numbers) => numbers.join(".")),
      claimsAtomically: Effect.map(version, claimsAtomically).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "unreadable" || reason === "refused",
          () => Effect.succeed(false)
        )
      ),
      releaseArguments: (id, actor) =>
        Effect.map(releaseForm, (form) => {
          const open = ["--status", "open", "--assignee", "", "--json"]
          switch (form) {
            case "guarded-update":
              return ["--actor", actor, "update", id, "--if-assignee", actor, "--if-status", "in_progress", ...open]
            case "guarded-unclaim":
              return ["--actor", actor, "unclaim", id, "--if-assignee", actor, "--json"]
            case "plain":
              return ["--actor", actor, "update", id, ...open]
          }
        })
    }
  })
