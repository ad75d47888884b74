import { Data, Effect, Either } from "effect"
import { explained } from "../../domain/Explanation.ts"
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
  get where(): string {
    return this.id
  }
  get what(): string {
    return this.why.length === 0
      ? "no such bug in the tracker, and none in the journal"
      : `no such bug was found, and not everything could be read: ${this.why.join("; ")}`
  }
  get next(): string {
    return this.near.length === 0 ? "Look for its id in the tracker" : `Near: ${this.near.join(", ")}`
  }
  override get message(): string {
    return explained(this)
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
  const malformed = Either.match(intake, { onLeft: () => 0, onRight: (read) => read.malformed.length })
  const unread = [
    ...(Either.isLeft(bugs) && !why.some((each) => each.includes(bugs.left)) ? [`the tracker: ${bugs.left}`] : []),
    ...(malformed === 0 ? [] : [`records of the tracker that cannot be read: ${malformed}`]),
    ...why
  ]
  return yield* new UnknownBug({ id, near: nearIds(id, [...open, ...tried]), why: unread })
})
