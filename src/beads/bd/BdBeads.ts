import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Duration, Effect, Layer, type Scope } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Exec } from "../../exec/Exec.ts"
import { BeadsCli } from "../BeadsCli.ts"
import { makeBdCall, type BdOptions } from "./call.ts"
import { askVersion } from "./capabilities.ts"
import { makeBdClaims } from "./claims.ts"
import { refusal } from "./failure.ts"
import { makeBdMemory } from "./memory.ts"
import { makeBdReads } from "./reads.ts"

/** How the layer calls bd, and how patient it is with it. */
export interface BdBeadsOptions extends BdOptions {
  /**
   * The pause before a claim is read again: once where bd's claim is not atomic, and once, twice and four times this
   * long where it does not show at all. Default 300 milliseconds.
   */
  readonly settleDelay?: Duration.DurationInput
  /** Where what bd can do is remembered from one process to the next, absolute. Its directory is not made. */
  readonly memory?: string
}

/** A file with this text that only we can read, for as long as the scope is open. */
const textFile = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  operation: string,
  text: string
): Effect.Effect<string, TrackerFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nightly-dispatch-comment-" })
    const file = path.join(directory, "comment.txt")
    yield* fs.writeFileString(file, text, { mode: 0o600, flag: "wx" })
    return file
  }).pipe(
    Effect.mapError(
      (error) => new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })
    )
  )

/**
 * The tracker on the `bd` command, any version of it from 0.46. Nothing is checked before the first use, so building
 * it never fails.
 *
 * A claim takes three calls: read, claim, read back. What was read decides; bd's exit code and words only say why.
 */
export const layer = (
  options: BdBeadsOptions
): Layer.Layer<BeadsCli, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BeadsCli,
    Effect.gen(function* () {
      const exec = yield* Exec
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const bd = yield* makeBdCall(options)
      const memory = yield* makeBdMemory(bd, options.command, options.memory)
      const reads = makeBdReads(bd)
      const claims = makeBdClaims(bd, reads, memory, Duration.decode(options.settleDelay ?? "300 millis"))

      const version = Effect.fn("BeadsCli.version")(function* () {
        const { version } = yield* memory.capabilities
        const known = version ?? (yield* askVersion(bd)).join(".")
        return `bd ${known} (${(yield* exec.which(options.command)) ?? options.command})`
      })

      const noSuchIssue = (operation: string) =>
        new TrackerFailed({ operation, reason: "refused", detail: "no such issue", blame: "tracker" })

      const label = Effect.fn("BeadsCli.label")(function* (id: BeadsId, actor: Actor, label: string) {
        const operation = `label ${id}`
        const before = yield* reads.show(id)
        if (before === undefined) return yield* noSuchIssue(operation)
        if (before.labels.includes(label)) return
        const result = yield* bd.run(operation, ["--actor", actor, "update", id, "--add-label", label, "--json"])
        if ((yield* reads.show(id))?.labels.includes(label) !== true) return yield* refusal(operation, result)
      })

      const comment = Effect.fn("BeadsCli.comment")(function* (id: BeadsId, actor: Actor, text: string) {
        const operation = `comment ${id}`
        // For an id that is gone bd takes an issue whose id resembles it.
        if ((yield* reads.show(id)) === undefined) return yield* noSuchIssue(operation)
        const file = yield* textFile(fs, path, operation, text)
        // bd 0.46 takes a comment's author from the environment alone.
        const result = yield* bd.run(operation, ["--actor", actor, "comments", "add", id, "-f", file], {
          BD_ACTOR: actor
        })
        if (result.exitCode !== 0) return yield* refusal(operation, result)
      }, Effect.scoped)

      return {
        version: version(),
        leases: Effect.map(memory.capabilities, ({ leases }) => leases).pipe(Effect.withSpan("BeadsCli.leases")),
        ...reads,
        ...claims,
        label,
        comment
      }
    })
  )
