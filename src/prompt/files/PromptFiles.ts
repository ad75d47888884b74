import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Effect, HashMap, Layer, Option, Ref } from "effect"
import { PromptFailed } from "../../domain/Failure.ts"
import type { Mark } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import { saysNoRoom } from "../../domain/noRoom.ts"
import { oneLine } from "../../domain/Text.ts"
import {
  findPromptDirectories,
  isInScope,
  KEPT,
  prefixOf,
  sweepDecision,
  type PromptDirectory
} from "./promptDirectories.ts"
import { PromptStore, type SweepScope } from "../PromptStore.ts"
import { messageOf } from "../../exec/causes.ts"

const detail = (error: PlatformError): string => oneLine(messageOf(error))

const failed =
  (what: string, blame: (error: PlatformError) => PromptFailed["blame"] = () => "host") =>
  (error: PlatformError) =>
    new PromptFailed({ detail: `${what}: ${detail(error)}`, blame: blame(error) })

/** The name and the text are the bug's, so unless the host lacks room, another bug's prompt may succeed. */
const blameOfWrite = ({ message }: PlatformError) => (saysNoRoom(message) ? "host" : "issue")

/** Removes a prompt's directory; `false`, with a warning, if that fails. */
const removeDirectory = (files: FileSystem.FileSystem, directory: string): Effect.Effect<boolean> =>
  files.remove(directory, { recursive: true, force: true }).pipe(
    Effect.as(true),
    Effect.catchAll((error) =>
      Effect.as(Effect.logWarning(`prompt file: cannot remove ${directory}: ${detail(error)}`), false)
    )
  )

/** `PromptStore.sweep` for this user's prompts. Skips a prompt that `isOpen`: closing its scope will remove it. */
const makeSweep = (
  files: FileSystem.FileSystem,
  find: Effect.Effect<ReadonlyArray<PromptDirectory>, PromptFailed>,
  isOpen: (file: PromptFile) => Effect.Effect<boolean>
) =>
  Effect.fn("PromptStore.sweep")(function* <E, R>(
    isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
    scope: SweepScope
  ) {
    const now = yield* Clock.currentTimeMillis
    const removed: Array<PromptFile> = []
    for (const directory of yield* find) {
      const { file, path } = directory
      if (!isInScope(directory, scope)) continue
      if (file !== undefined && (yield* isOpen(file))) continue
      const decision = sweepDecision(directory, now, scope.released)
      if (decision === "keep") continue
      const ask = decision === "ask" ? file : undefined
      if (ask !== undefined && !(yield* Effect.orElseSucceed(isFinished(ask.beads), () => false))) continue
      if ((yield* removeDirectory(files, path)) && file !== undefined) removed.push(file)
    }
    return removed
  })

export const layer = (options: {
  readonly tempDir: string
  readonly uid?: number
}): Layer.Layer<PromptStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    PromptStore,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const root = path.resolve(options.tempDir)
      /** Prompts whose scope is open: the path, and whether the prompt is kept. */
      const open = yield* Ref.make(HashMap.empty<string, boolean>())

      const create = Effect.fnUntraced(function* (id: BeadsId, mark: Mark, text: string) {
        const what = `cannot write ${id}.prompt below ${root}`
        const made = files.makeTempDirectory({ directory: root, prefix: prefixOf(mark) })
        const directory = yield* Effect.mapError(made, failed(what))
        const file = PromptFile.make({ beads: id, path: path.join(directory, `${id}.prompt`) })
        yield* Ref.update(open, HashMap.set(file.path, false))
        const undo = Effect.zipRight(Ref.update(open, HashMap.remove(file.path)), removeDirectory(files, directory))
        yield* files.writeFileString(file.path, text, { mode: 0o600, flag: "wx" }).pipe(
          Effect.onError(() => undo),
          Effect.mapError(failed(what, blameOfWrite))
        )
        return file
      })

      const close = Effect.fnUntraced(function* (file: PromptFile) {
        const kept = Option.getOrElse(HashMap.get(yield* Ref.get(open), file.path), () => false)
        if (!kept) yield* removeDirectory(files, path.dirname(file.path))
        yield* Ref.update(open, HashMap.remove(file.path))
      })

      const write = Effect.fn("PromptStore.write")((id: BeadsId, mark: Mark, text: string) =>
        Effect.acquireRelease(create(id, mark, text), close)
      )

      const keep = Effect.fn("PromptStore.keep")(function* (file: PromptFile) {
        yield* Ref.update(
          open,
          HashMap.modify(file.path, () => true)
        )
        yield* files.writeFileString(path.join(path.dirname(file.path), KEPT), "", { mode: 0o600 }).pipe(
          // The job still has its prompt. Without the mark, `sweep` removes the prompt up to an hour later.
          Effect.catchAll((error) => Effect.logWarning(`prompt file: cannot mark ${file.path}: ${detail(error)}`))
        )
      }, Effect.uninterruptible)

      const find = findPromptDirectories(files, path, root, options.uid ?? process.getuid?.()).pipe(
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "NotFound",
          () => Effect.succeed([])
        ),
        Effect.mapError(failed(`cannot look into ${root}`))
      )
      const isOpen = (file: PromptFile) => Effect.map(Ref.get(open), HashMap.has(file.path))
      return { write, keep, sweep: makeSweep(files, find, isOpen) }
    })
  )
