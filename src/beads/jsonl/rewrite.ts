import { DateTime, Effect, Either } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { swap, type SharedFileFailed, type Swapped } from "../../exec/sharedFile.ts"
import type { Decide } from "./changes.ts"
import { editObject } from "./edit.ts"
import { findEntry, type Entry } from "./issues.ts"
import type { LastSeen, Look } from "./lastSeen.ts"
import { indexLines, type LineIndex } from "./lineIndex.ts"
import { hasLine, readLines, withLine, type JsonlFile } from "./lines.ts"
import { refuseUnreadable } from "./refuseUnreadable.ts"
import { issueOf } from "./someIssues.ts"

/** Another program may change the file during each of so many tries. */
const TRIES = 10
const PAUSE = 25

const hostFailed = (operation: string) => (error: SharedFileFailed) =>
  new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })

/** What the last try did: its answer, and the issue's line as that try wrote it. */
interface Tried<Answer> {
  readonly swapped: Swapped
  readonly answer: Answer
  readonly line: string | undefined
}

/** The content to change: what another program wrote into the old file after we replaced it, or the file as it is. */
const sourceOf = ({ before, index }: Look, tried: Tried<unknown> | undefined): LineIndex =>
  tried?.swapped._tag === "Overwritten"
    ? indexLines(Buffer.concat([tried.swapped.content, before.content.subarray(tried.swapped.length)]))
    : index

/** The entry's line replaced, and the other lines with its id left out: no reader may take an older version for the newest. */
const withEntry = (file: JsonlFile, { line, lines }: Entry, text: string): LineIndex =>
  withLine(file, line, text, new Set(lines.filter((other) => other !== line)))

/**
 * Changes the issue's line as `decide` says, and leaves all other bytes of the file as they are, with what other programs
 * append meanwhile. Older versions and copies of the issue on other lines are removed. Changes nothing in a file that
 * `refuseUnreadable` refuses. If another program changes the file otherwise, decides again on the new content. Call it under the lock.
 */
export const rewrite = Effect.fn("jsonl.rewrite")(function* <A, E>(
  operation: string,
  path: string,
  id: BeadsId,
  decide: Decide<A, E>,
  { look, writing }: LastSeen,
  temporary: Effect.Effect<string>
): Effect.fn.Return<A, E | TrackerFailed> {
  const now = DateTime.formatIso(yield* DateTime.now)
  type Answer = Either.Either<A, E | TrackerFailed>
  const attempt = Effect.fnUntraced(function* (tried: Tried<Answer> | undefined) {
    const seen = yield* Effect.mapError(look(path), hostFailed(operation))
    const source = sourceOf(seen, tried)
    const file = readLines(source)
    if (tried?.line !== undefined && hasLine(file, tried.line)) return tried.answer
    const decided = yield* Effect.either(
      refuseUnreadable(operation, path, file).pipe(
        Effect.flatMap(() => findEntry(operation, issueOf(file, path, id), id)),
        Effect.flatMap((entry) => Effect.map(decide(entry, now, file), ([answer, edits]) => ({ answer, edits, entry })))
      )
    )
    const answer: Answer = Either.map(decided, ({ answer }) => answer)
    const { edits, entry } = Either.getOrElse(decided, () => ({ edits: undefined, entry: undefined }))
    const changes = entry !== undefined && edits !== undefined
    if (!changes && source === seen.index) return answer
    const line = changes ? editObject(entry.text, { ...edits, updated_at: JSON.stringify(now) }) : undefined
    const next = entry === undefined || line === undefined ? source : withEntry(file, entry, line)
    const write = swap(seen.before, next.content, yield* temporary)
    const swapped = yield* Effect.mapError(writing(next, write), hostFailed(operation))
    return swapped._tag === "Replaced" ? answer : { swapped, answer, line }
  }, Effect.scoped)

  let tried: Tried<Answer> | undefined
  for (let tries = 1; tries <= TRIES; tries++) {
    const result = yield* attempt(tried)
    if (Either.isEither(result)) return yield* result
    tried = result
    yield* Effect.sleep(PAUSE * tries)
  }
  const detail = `another program changed ${path} during each of ${TRIES} tries`
  const next = "Find out which one, and run the command again"
  return yield* new TrackerFailed({ operation, reason: "refused", detail, next, blame: "tracker" })
})
