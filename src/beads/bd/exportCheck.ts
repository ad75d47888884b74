import * as FileSystem from "@effect/platform/FileSystem"
import { Chunk, Effect, Ref, Stream } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { messageOf } from "../../exec/causes.ts"
import { readJsonl, type JsonlFile } from "../jsonl/lines.ts"
import { refuseUnreadable } from "../jsonl/refuseUnreadable.ts"
import type { BdCall } from "./guardedCall.ts"

/** Called when bd's answer is empty. Fails if that is so only because bd's database lacks the issues of its export. */
export type ExportCheck = (operation: string) => Effect.Effect<void, TrackerFailed>

/** In bytes. Issues beyond it are not counted. */
const COUNTED = 64 * 1024 * 1024

/** The number of issues in an export, with the lines that cannot be read. */
const countIssues = (file: JsonlFile): number => {
  let issues = 0
  for (let position = 0; position < file.lines; position++) {
    const line = file.line(position)
    if (line._tag === "Bad" || (line._tag === "Issue" && !line.isTombstone)) issues++
  }
  return issues
}

/**
 * An empty database beside a full `issues.jsonl` is no empty tracker: bd could not import the file, e.g. because a newer bd
 * wrote ids of comments as strings. Asks bd for any issue, until it has once shown one.
 */
export const makeExportCheck = Effect.fn("bd.exportCheck")(function* (bd: BdCall) {
  const fs = yield* FileSystem.FileSystem
  const knowsIssues = yield* Ref.make(false)

  const check = Effect.fnUntraced(function* (operation: string) {
    const file = `${yield* bd.directory}/issues.jsonl`
    if ((yield* Ref.get(knowsIssues)) || !(yield* fs.exists(file))) return
    if ((yield* bd.rows(operation, ["list", "--all", "--limit", "1", "--json"])).length > 0) {
      return yield* Ref.set(knowsIssues, true)
    }
    const chunks = yield* Stream.runCollect(fs.stream(file, { bytesToRead: COUNTED }))
    const content = readJsonl(Buffer.concat(Chunk.toReadonlyArray(chunks)), () => false)
    yield* refuseUnreadable(operation, file, content)
    const count = countIssues(content)
    if (count === 0) return
    const detail = `bd knows 0 issues, issues.jsonl beside it has ${count}. Nothing is dispatched until bd knows them`
    const next = `Run: bd import ${file} (bd before 0.62: bd import -i ${file}); if bd cannot read it, upgrade bd`
    return yield* new TrackerFailed({ operation, reason: "no_database", detail, next, blame: "config" })
  })

  const checkExport: ExportCheck = (operation) =>
    check(operation).pipe(
      Effect.catchTag("BadArgument", "SystemError", (error) =>
        Effect.fail(new TrackerFailed({ operation, reason: "unreadable", detail: messageOf(error), blame: "host" }))
      ),
      Effect.provideService(FileSystem.FileSystem, fs)
    )
  return checkExport
})
