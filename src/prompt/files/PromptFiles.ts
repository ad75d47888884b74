import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Effect, HashMap, Layer, Option, Ref } from "effect"
import { PromptFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import { oneLine } from "../../domain/Text.ts"
import { fate, findLeftovers, KEPT, PREFIX, type Leftover } from "./leftovers.ts"
import { PromptStore, type GivenBack } from "../PromptStore.ts"

const detail = (error: PlatformError): string =>
  oneLine(error._tag === "SystemError" ? (error.description ?? error.message) : error.message)

const failed = (what: string) => (error: PlatformError) =>
  new PromptFailed({ detail: `${what}: ${detail(error)}`, blame: "host" })

/**
 * `PromptStore` on files `<tempDir>/nightly-dispatch-XXXXXX/<id>.prompt`: the directory is new for each prompt and
 * 0700, the file 0600 and created exclusively. They go together.
 *
 * `keep` leaves an empty file `kept` beside the prompt, so that `sweep` can tell a job's prompt from one whose dispatch
 * is still under way in another process. A prompt without it counts as abandoned when its bug's claim was given back since,
 * or when it is older than an hour, longer than any dispatch takes; only then is it swept, and only if its job has ended as
 * well, because its process may have died after it started the job. A prompt of a scope that is open in this process is
 * never swept.
 *
 * `uid` is whose files they are; our own user when not given.
 */
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
      const uid = options.uid ?? process.getuid?.()
      /** Paths of the prompts whose scope is open, and whether they are kept. */
      const open = yield* Ref.make(HashMap.empty<string, boolean>())

      const discard = (directory: string): Effect.Effect<boolean> =>
        files.remove(directory, { recursive: true, force: true }).pipe(
          Effect.as(true),
          Effect.catchAll((error) =>
            Effect.as(Effect.logWarning(`prompt file: cannot remove ${directory}: ${detail(error)}`), false)
          )
        )

      const create = Effect.fnUntraced(function* (id: BeadsId, text: string) {
        const directory = yield* files.makeTempDirectory({ directory: root, prefix: PREFIX })
        const file = PromptFile.make({ beads: id, path: path.join(directory, `${id}.prompt`) })
        yield* Ref.update(open, HashMap.set(file.path, false))
        yield* files
          .writeFileString(file.path, text, { mode: 0o600, flag: "wx" })
          .pipe(Effect.onError(() => Effect.zipRight(Ref.update(open, HashMap.remove(file.path)), discard(directory))))
        return file
      })

      const close = Effect.fnUntraced(function* (file: PromptFile) {
        const kept = Option.getOrElse(HashMap.get(yield* Ref.get(open), file.path), () => false)
        if (!kept) yield* discard(path.dirname(file.path))
        yield* Ref.update(open, HashMap.remove(file.path))
      })

      const write = Effect.fn("PromptStore.write")(function* (id: BeadsId, text: string) {
        return yield* Effect.acquireRelease(
          Effect.mapError(create(id, text), failed(`cannot write ${id}.prompt below ${root}`)),
          close
        )
      })

      const keep = Effect.fn("PromptStore.keep")(function* (file: PromptFile) {
        yield* Ref.update(
          open,
          HashMap.modify(file.path, () => true)
        )
        yield* files.writeFileString(path.join(path.dirname(file.path), KEPT), "", { mode: 0o600 }).pipe(
          // Without the mark it is still there for the job, and is swept an hour later than it could be.
          Effect.catchAll((error) => Effect.logWarning(`prompt file: cannot mark ${file.path}: ${detail(error)}`))
        )
      }, Effect.uninterruptible)

      const goes = <E, R>(
        leftover: Leftover,
        now: number,
        isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
        givenBack: GivenBack | undefined
      ) => {
        const verdict = fate(leftover, now, givenBack)
        return verdict === "ask" && leftover.file !== undefined
          ? Effect.orElseSucceed(isFinished(leftover.file.beads), () => false)
          : Effect.succeed(verdict === "remove")
      }

      const sweep = Effect.fn("PromptStore.sweep")(function* <E, R>(
        isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
        givenBack?: GivenBack
      ) {
        const now = yield* Clock.currentTimeMillis
        const leftovers = yield* findLeftovers(files, path, root, uid).pipe(
          Effect.catchIf(
            (error) => error._tag === "SystemError" && error.reason === "NotFound",
            () => Effect.succeed([])
          ),
          Effect.mapError(failed(`cannot look into ${root}`))
        )
        const removed: Array<PromptFile> = []
        for (const leftover of leftovers) {
          const { directory, file } = leftover
          if (file !== undefined && HashMap.has(yield* Ref.get(open), file.path)) continue
          if (!(yield* goes(leftover, now, isFinished, givenBack))) continue
          if ((yield* discard(directory)) && file !== undefined) removed.push(file)
        }
        return removed
      })

      return { write, keep, sweep }
    })
  )
