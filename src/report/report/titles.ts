import { Duration, Effect, Ref } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"

/** A tracker that is down must not hold the report. */
const LIMIT = Duration.seconds(5)
/** Each costs a call of the tracker. */
const MOST = 40
/** Characters. */
const LENGTH = 200

/** The titles of these bugs, as far as the tracker says them in time; and what it did not say, in words. */
export const readTitles = Effect.fn("report.titles")(function* (ids: ReadonlyArray<BeadsId>) {
  const tracker = yield* BeadsCli
  const found = yield* Ref.make<ReadonlyMap<BeadsId, string>>(new Map())
  const read = (id: BeadsId) =>
    Effect.flatMap(tracker.show(id), (issue) => {
      const title = oneLine(issue?.title ?? "", LENGTH)
      return title === "" ? Effect.void : Ref.update(found, (titles) => new Map([...titles, [id, title]]))
    })
  const note = yield* Effect.forEach(ids.slice(0, MOST), read, { concurrency: 2, discard: true }).pipe(
    Effect.as(undefined),
    Effect.catchTag("TrackerFailed", ({ message }) => Effect.succeed(message)),
    Effect.timeoutTo({
      duration: LIMIT,
      onTimeout: () => `it did not answer within ${Duration.format(LIMIT)}`,
      onSuccess: (why) => why
    })
  )
  return {
    found: yield* Ref.get(found),
    notes: note === undefined ? [] : [`titles are missing, because the tracker could not be read: ${oneLine(note)}`]
  }
})
