import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import { Effect, Option, Predicate, Schema } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { isDatabaseFile } from "../database.ts"

const DATABASES: ReadonlySet<string> = new Set(["dolt", "embeddeddolt", "redirect"])

const parse = Schema.decodeOption(Schema.parseJson())

/** Whether `metadata.json` names a Dolt database. A SQLite one is rebuilt from the file, where it is missing. */
const namesDolt = (metadata: string): boolean =>
  Option.match(parse(metadata), {
    onNone: () => true,
    onSome: (value) =>
      Predicate.isRecord(value) &&
      (value["backend"] === "dolt" ||
        value["database"] === "dolt" ||
        Object.keys(value).some((key) => key.startsWith("dolt_")))
  })

/** Whether `config.yaml` says that there is no database and the file is the tracker. */
const saysNoDb = (config: string): boolean => /^\s*no-db\s*:\s*(?:true|"true"|'true')\s*(?:#.*)?$/m.test(config)

/**
 * Refuses, with `no_database`, a file beside which a bd database stands: the file is then only an export, and a claim
 * in it would be seen by nobody.
 */
export const refuseExport = (
  file: string
): Effect.Effect<void, TrackerFailed | PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const dir = path.dirname(file)
    const names = yield* fs.readDirectory(dir)
    const text = (name: string) => Effect.when(fs.readFileString(path.join(dir, name)), () => names.includes(name))
    if (Option.exists(yield* text("config.yaml"), saysNoDb)) return
    const dolt = Option.exists(yield* text("metadata.json"), namesDolt)
    const database =
      names.find((name) => DATABASES.has(name) || isDatabaseFile(name)) ??
      (dolt ? "metadata.json, which names a Dolt database," : undefined)
    if (database === undefined) return
    return yield* new TrackerFailed({
      operation: "open",
      reason: "no_database",
      detail: `${file} is only an export: ${database} stands beside it, so a claim in the file would be seen by nobody. Install bd, or say no-db: true in config.yaml`,
      blame: "config"
    })
  })
