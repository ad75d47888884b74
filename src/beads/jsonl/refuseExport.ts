import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Predicate, Schema } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { isDatabase } from "../databaseNames.ts"

const parse = Schema.decodeOption(Schema.parseJson())

/** Whether `metadata.json` names a Dolt database, or cannot be read. bd rebuilds a missing SQLite database from the JSONL file. */
const namesDolt = (metadata: string): boolean =>
  Option.match(parse(metadata), {
    onNone: () => true,
    onSome: (value) =>
      Predicate.isRecord(value) &&
      (value["backend"] === "dolt" ||
        value["database"] === "dolt" ||
        Object.keys(value).some((key) => key.startsWith("dolt_")))
  })

/** Whether `config.yaml` sets `no-db: true`: bd then uses the JSONL file as its tracker. */
const saysNoDb = (config: string): boolean => /^\s*no-db\s*:\s*(?:true|"true"|'true')\s*(?:#.*)?$/m.test(config)

/**
 * Fails with `no_database` if a bd database is beside the JSONL file. The file is then only an export: bd would not see
 * a claim in it.
 */
export const refuseExport = Effect.fnUntraced(function* (file: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const dir = path.dirname(file)
  const names = yield* fs.readDirectory(dir)
  const text = (name: string) => Effect.when(fs.readFileString(path.join(dir, name)), () => names.includes(name))
  if (Option.exists(yield* text("config.yaml"), saysNoDb)) return
  const dolt = Option.exists(yield* text("metadata.json"), namesDolt)
  const database = names.find(isDatabase) ?? (dolt ? "metadata.json, which names a Dolt database," : undefined)
  if (database === undefined) return
  const detail = `${file} is only an export: ${database} is beside it, so bd would not see a claim in the file`
  const next = `Install bd, or set no-db: true in ${dir}/config.yaml`
  return yield* new TrackerFailed({ operation: "open", reason: "no_database", detail, next, blame: "config" })
})
