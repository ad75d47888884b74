import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../domain/Failure.ts"
import { oneLine } from "../domain/Text.ts"

const noDatabase = (detail: string): TrackerFailed =>
  new TrackerFailed({ operation: "open", reason: "no_database", detail: oneLine(detail), blame: "config" })

/** A database file; bd makes `vc.db` and backups beside one. */
export const isDatabaseFile = (name: string): boolean =>
  name.endsWith(".db") && name !== "vc.db" && !name.includes(".backup")

// Without one of these bd may pass the directory over in silence and use another database.
const MARKERS: ReadonlySet<string> = new Set(["metadata.json", "config.yaml", "dolt", "embeddeddolt", "redirect"])

const isBeadsDirectory = (names: ReadonlyArray<string>): boolean =>
  names.some((name) => MARKERS.has(name) || isDatabaseFile(name) || name.endsWith(".jsonl"))

const checked = (dir: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!path.isAbsolute(dir)) return yield* noDatabase(`BEADS_DIR must be an absolute path, it is ${dir}`)
    const names = yield* fs.readDirectory(dir).pipe(
      Effect.catchTags({
        BadArgument: (error) => noDatabase(`BEADS_DIR ${dir}: ${error.message}`),
        SystemError: (error) =>
          noDatabase(
            error.reason === "NotFound"
              ? `BEADS_DIR does not exist: ${dir}`
              : `BEADS_DIR is not a directory that can be read: ${dir} (${error.description ?? error.reason})`
          )
      })
    )
    if (names.length === 0) return yield* noDatabase(`BEADS_DIR is empty: ${dir}`)
    // bd has changed what it keeps there too often for a list of names to be the last word.
    if (!isBeadsDirectory(names)) {
      yield* Effect.logWarning(`BEADS_DIR holds nothing that looks like a Beads database: ${dir}`)
    }
    return dir
  })

const nearest = (cwd: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (let at = cwd, above = ""; at !== above; above = at, at = path.dirname(at)) {
      const dir = path.join(at, ".beads")
      const names = yield* fs.readDirectory(dir).pipe(Effect.orElseSucceed(() => []))
      if (isBeadsDirectory(names)) return dir
    }
    return yield* noDatabase(`no .beads directory with a database at or above ${cwd}; set BEADS_DIR`)
  })

/**
 * The `.beads` directory that every call names to bd. bd itself passes an invalid one over and takes another database,
 * so it is checked here: absolute, there, and not empty. Fails with `no_database`.
 */
export const findDatabase = (options: {
  readonly dir: string | undefined
  readonly cwd: string
}): Effect.Effect<string, TrackerFailed, FileSystem.FileSystem | Path.Path> =>
  options.dir === undefined ? nearest(options.cwd) : checked(options.dir)
