import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Duration, Effect, Schema } from "effect"
import { Mark } from "../../domain/Identity.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import { ownDirectoryAt, ownFileAt } from "../../exec/ownFiles.ts"
import type { ReleasedClaims, SweepScope } from "../PromptStore.ts"

/** The name of a prompt's directory: this prefix and six characters of `mkdtemp`. */
export const prefixOf = (mark: Mark): string => `nightly-dispatch-${mark}-`
/** Earlier versions wrote no mark. */
const DIRECTORY = /^nightly-dispatch-(?:([0-9a-f]{32})-)?[A-Za-z0-9]{6}$/

/** An empty file beside a prompt that was handed over to a job. */
export const KEPT = "kept"

/** No dispatch takes this long: a process that wrote an older prompt and did not keep it has died. */
const ABANDONED_AFTER = Duration.hours(1)

/** A prompt's directory, as found on disk. */
export interface PromptDirectory {
  readonly path: string
  /** Whose it is; `undefined` if an earlier version wrote it. */
  readonly mark: Mark | undefined
  /** `undefined` if the process died after it made the directory and before it wrote the file. */
  readonly file: PromptFile | undefined
  readonly kept: boolean
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

const isId = Schema.is(BeadsId)

/** Reads the names in a prompt's directory. `undefined` if there is a name that this program would not have written. */
const readEntries = (
  entries: ReadonlyArray<string>
): { readonly beads: BeadsId | undefined; readonly kept: boolean } | undefined => {
  const [name, ...others] = entries.filter((entry) => entry !== KEPT)
  const kept = entries.includes(KEPT)
  if (name === undefined) return { beads: undefined, kept }
  const beads = name.endsWith(".prompt") ? name.slice(0, -".prompt".length) : undefined
  return others.length === 0 && isId(beads) ? { beads, kept } : undefined
}

/** Whether the prompt's directory is this dispatcher's own. */
export const isInScope = ({ file, mark }: PromptDirectory, { isOwn, listed }: SweepScope): boolean =>
  mark === undefined ? file !== undefined && listed?.has(file.path) === true : isOwn(mark)

/** `remove` or `keep` the prompt's directory; `ask`: remove it if the bug's job has ended. */
export const sweepDecision = (
  { file, kept, modifiedAt }: PromptDirectory,
  now: number,
  released?: ReleasedClaims
): "remove" | "keep" | "ask" => {
  // A time in the future means that a clock was wrong. Without `abs` the file would stay until that time.
  const abandoned = Math.abs(now - modifiedAt) > Duration.toMillis(ABANDONED_AFTER)
  if (file === undefined) return abandoned ? "remove" : "keep"
  const isReleased = released !== undefined && released.beads.has(file.beads) && modifiedAt <= released.before
  return kept || abandoned || isReleased ? "ask" : "keep"
}

/**
 * The prompt directories below `root` that belong to the user `uid`, without links. A directory that cannot be read is
 * left out: it belongs to another user, or another process has just removed it.
 */
export const findPromptDirectories = (
  files: FileSystem.FileSystem,
  path: Path.Path,
  root: string,
  uid: number | undefined
): Effect.Effect<ReadonlyArray<PromptDirectory>, PlatformError> => {
  const read = Effect.fnUntraced(function* (directory: string) {
    const stat = yield* ownDirectoryAt(directory, uid)
    const entries = stat && readEntries(yield* files.readDirectory(directory))
    if (stat === undefined || entries === undefined) return []
    const { beads, kept } = entries
    const mark = DIRECTORY.exec(path.basename(directory))?.[1]
    const found = {
      path: directory,
      mark: mark === undefined ? undefined : Mark.make(mark),
      file: undefined,
      kept,
      modifiedAt: stat.mtimeMs
    }
    if (beads === undefined) return [found]
    const file = PromptFile.make({ beads, path: path.join(directory, `${beads}.prompt`) })
    return (yield* ownFileAt(file.path, uid)) === undefined ? [] : [{ ...found, file }]
  })
  const readOrSkip = (name: string): Effect.Effect<ReadonlyArray<PromptDirectory>> =>
    Effect.orElseSucceed(read(path.join(root, name)), () => [])
  return files.readDirectory(root).pipe(
    Effect.flatMap((names) =>
      Effect.forEach(
        names.filter((name) => DIRECTORY.test(name)),
        readOrSkip
      )
    ),
    Effect.map((found) => found.flat())
  )
}
