import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import { reasonOf } from "../../exec/causes.ts"
import { isDatabase } from "../databaseNames.ts"

const noDatabase = (detail: string, next?: string): TrackerFailed =>
  new TrackerFailed({ operation: "open", reason: "no_database", detail: oneLine(detail), next, blame: "config" })

// bd silently ignores a directory without any of these files and uses another database.
const isBeadsDirectory = (names: ReadonlyArray<string>): boolean =>
  names.some(
    (name) => name === "metadata.json" || name === "config.yaml" || isDatabase(name) || name.endsWith(".jsonl")
  )

const checked = Effect.fn("bd.checkDatabase")(function* (dir: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  if (!path.isAbsolute(dir)) return yield* noDatabase(`BEADS_DIR must be an absolute path, it is ${dir}`)
  const names = yield* Effect.mapError(fs.readDirectory(dir), (error) =>
    noDatabase(
      error._tag === "SystemError" && error.reason === "NotFound"
        ? `BEADS_DIR does not exist: ${dir}`
        : `BEADS_DIR is not a directory that can be read: ${dir} (${reasonOf(error)})`
    )
  )
  if (names.length === 0) return yield* noDatabase(`BEADS_DIR is empty: ${dir}`, "Run: bd init")
  // Only a warning: a newer bd may keep its database under another name.
  if (!isBeadsDirectory(names)) {
    yield* Effect.logWarning(`BEADS_DIR ${dir} has no file of a known Beads database; calling bd with it anyway`)
  }
  return dir
})

const nearest = Effect.fn("bd.nearestDatabase")(function* (cwd: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  for (let at = cwd, above = ""; at !== above; above = at, at = path.dirname(at)) {
    const dir = path.join(at, ".beads")
    const names = yield* fs.readDirectory(dir).pipe(Effect.orElseSucceed(() => []))
    if (isBeadsDirectory(names)) return dir
  }
  return yield* noDatabase(
    `there is no .beads directory with a database at or above ${cwd}`,
    "Run bd init in the repository, or name the directory in beads.dir or BEADS_DIR"
  )
})

/**
 * The `.beads` directory for every call of bd: `dir`, else the nearest one at or above `cwd`. Fails with `no_database`
 * unless `dir` is absolute, exists and is not empty, because bd ignores an invalid BEADS_DIR and uses another database.
 */
export const findDatabase = (dir: string | undefined, cwd: string) => (dir === undefined ? nearest(cwd) : checked(dir))
