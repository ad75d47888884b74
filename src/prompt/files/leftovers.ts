import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Duration, Effect, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import { ownDirectoryAt, ownFileAt } from "../../exec/ownFiles.ts"
import type { GivenBack } from "../PromptStore.ts"

/** What a prompt's directory is called: this and what mkdtemp adds. */
export const PREFIX = "nightly-dispatch-"
const DIRECTORY = /^nightly-dispatch-[A-Za-z0-9]{6}$/

/** An empty file beside a prompt that was handed over to a job. */
export const KEPT = "kept"

/** No dispatch takes this long: what is older and was not kept was left behind by a process that died. */
export const ABANDONED_AFTER = Duration.hours(1)

/** A prompt's directory as it was found on disk. */
export interface Leftover {
  readonly directory: string
  /** Absent when its process died between making the directory and writing the file. */
  readonly file: PromptFile | undefined
  readonly kept: boolean
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

const isId = Schema.is(BeadsId)

/** What a directory's entries say: nothing when it holds anything that we would not have put there. */
export const readEntries = (
  entries: ReadonlyArray<string>
): { readonly beads: BeadsId | undefined; readonly kept: boolean } | undefined => {
  const [name, ...others] = entries.filter((entry) => entry !== KEPT)
  const kept = entries.includes(KEPT)
  if (name === undefined) return { beads: undefined, kept }
  const beads = name.endsWith(".prompt") ? name.slice(0, -".prompt".length) : undefined
  return others.length === 0 && isId(beads) ? { beads, kept } : undefined
}

/** Whether a leftover goes at once, stays, or goes when its issue's job has ended. */
export const fate = (leftover: Leftover, now: number, givenBack?: GivenBack): "remove" | "stay" | "ask" => {
  const { file, kept, modifiedAt } = leftover
  const abandoned = now - modifiedAt > Duration.toMillis(ABANDONED_AFTER)
  if (file === undefined) return abandoned ? "remove" : "stay"
  const over = givenBack !== undefined && givenBack.beads.has(file.beads) && modifiedAt <= givenBack.before
  return kept || abandoned || over ? "ask" : "stay"
}

/**
 * The prompt directories below `root` that belong to the user `uid`: real directories and real files, no links. What
 * cannot be looked into is somebody else's, or is gone by now, and is left out.
 */
export const findLeftovers = (files: FileSystem.FileSystem, path: Path.Path, root: string, uid: number | undefined) => {
  const look = Effect.fnUntraced(function* (name: string) {
    const directory = path.join(root, name)
    const stat = yield* ownDirectoryAt(directory, uid)
    if (stat === undefined) return []
    const found = readEntries(yield* files.readDirectory(directory))
    if (found === undefined) return []
    const leftover = { directory, file: undefined, kept: found.kept, modifiedAt: stat.mtimeMs }
    if (found.beads === undefined) return [leftover]
    const file = PromptFile.make({ beads: found.beads, path: path.join(directory, `${found.beads}.prompt`) })
    return (yield* ownFileAt(file.path, uid)) === undefined ? [] : [{ ...leftover, file }]
  })
  return files.readDirectory(root).pipe(
    Effect.map((names) => names.filter((name) => DIRECTORY.test(name))),
    Effect.flatMap(
      Effect.forEach((name): Effect.Effect<ReadonlyArray<Leftover>> =>
        Effect.orElseSucceed(look(name), (): ReadonlyArray<Leftover> => [])
      )
    ),
    Effect.map((found) => found.flat())
  )
}
