import { Data, Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import type { TrackerAnswer } from "./askTracker.ts"
import { inTime } from "./inTime.ts"
import { nearIds } from "./nearIds.ts"

/** Neither the tracker nor the journal has this bug, as far as they can be read. */
export class UnknownBug extends Data.TaggedError("UnknownBug")<{
  readonly id: BeadsId
  /** The ids that may be meant. */
  readonly near: ReadonlyArray<string>
  /** What could not be read: one sentence each. */
  readonly why: ReadonlyArray<string>
}> {
  override get message(): string {
    const near = this.near.length === 0 ? "" : ` Near: ${this.near.join(", ")}.`
    return this.why.length === 0
      ? `no bug ${this.id} in the tracker and none in the journal.${near}`
      : `no bug ${this.id} was found, and not everything could be read. ${this.why.join(". ")}.${near}`
  }
}

/** Fails with `UnknownBug`, and names the ids of the tracker and of the journal that may be meant. `why`: what else was not read. */
export const unknownBug = Effect.fn("lookup.unknown")(function* (
  id: BeadsId,
  { bugs, intake }: TrackerAnswer,
  why: ReadonlyArray<string>
) {
  const queries = yield* JournalQueries
  const tried = Either.getOrElse(yield* inTime(queries.bugs), () => [])
  const open = Either.match(intake, { onLeft: () => [], onRight: ({ issues }) => issues.map((issue) => issue.id) })
  const unread = Either.isLeft(bugs) ? [`The tracker: ${bugs.left}`, ...why] : why
  return yield* new UnknownBug({ id, near: nearIds(id, [...open, ...tried]), why: unread })
})
