import { Effect, Predicate } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { CapabilityCache } from "./capabilityCache.ts"
import type { BdCall } from "./guardedCall.ts"
import type { ShowRecord } from "./reads.ts"

/** No list, so that the record says that its comments could not be read. */
const UNREAD = "unread"

/** Whether a record has comments but does not show them. Releases that show them unasked leave out an empty list. */
const lacksComments = (record: unknown): boolean => {
  if (!Predicate.isRecord(record) || record["comments"] === UNREAD || Array.isArray(record["comments"])) return false
  const { comment_count: count, comments_omitted: omitted } = record
  return Predicate.isNumber(count) ? count > 0 : omitted === true
}

const withComments = (record: unknown, comments: unknown): unknown =>
  Predicate.isRecord(record) ? { ...record, comments } : record

/** Failures that may have come only from asking for the comments. */
const MAY_BE_COMMENTS: ReadonlySet<TrackerFailed["reason"]> = new Set([
  "refused",
  "timeout",
  "too_much_output",
  "unreadable"
])

/**
 * `bd show` with the comments. Newer releases print them only if asked. Should a release print none where it counts
 * some, asks for them alone. Comments that cannot be read, or are too many for one answer, hide no issue.
 */
export const makeShowComments = (
  bd: BdCall,
  showRecord: ShowRecord,
  { capabilities }: Pick<CapabilityCache, "capabilities">
) => {
  const without = (id: BeadsId, { message }: TrackerFailed) =>
    Effect.logWarning(`${message}; reading ${id} without its comments`)

  const ask = (id: BeadsId) =>
    bd
      .rows(`comments of ${id}`, ["comments", id, "--json"])
      .pipe(Effect.catchAll((error) => Effect.as(without(id, error), UNREAD)))

  const askWithFlag = (id: BeadsId) =>
    showRecord(id, ["--include-comments"]).pipe(
      Effect.catchIf(
        ({ reason }) => MAY_BE_COMMENTS.has(reason),
        (error) =>
          Effect.map(Effect.zipRight(without(id, error), showRecord(id)), (record) => withComments(record, UNREAD))
      )
    )

  return Effect.fn("bd.showComments")(function* (id: BeadsId) {
    const record = yield* (yield* capabilities).includesComments ? askWithFlag(id) : showRecord(id)
    return lacksComments(record) ? withComments(record, yield* ask(id)) : record
  })
}
