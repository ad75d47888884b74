import { Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { inTime } from "./inTime.ts"

/** Each costs a call of the tracker. */
const AT_ONCE = 4

/** What the tracker says. Each left: why it says nothing. */
export interface TrackerAnswer {
  /** The open bugs. */
  readonly intake: Either.Either<Intake, string>
  /** Of the bugs that were asked for, those that the tracker has: a bug need not be open. */
  readonly bugs: Either.Either<ReadonlyMap<BeadsId, Issue>, string>
}

/**
 * Asks the tracker for the open bugs and for these, which it may not list. Asks for each only if it is not listed, and for none if
 * there is no list: a person would wait twice for a tracker that is down.
 *
 * @example
 * const { bugs, intake } = yield* askTracker([BeadsId.make("bd-1")])
 */
export const askTracker = Effect.fn("lookup.tracker")(function* (
  ids: ReadonlyArray<BeadsId>
): Effect.fn.Return<TrackerAnswer, never, BeadsCli> {
  const [tracker, settings] = yield* Effect.all([BeadsCli, CurrentSettings])
  const intake = yield* inTime(tracker.openBugs(settings.intake))
  if (Either.isLeft(intake)) return { intake, bugs: Either.left(intake.left) }
  const open = new Map(intake.right.issues.map((issue) => [issue.id, issue] as const))
  const bugs = yield* inTime(
    Effect.forEach(
      ids,
      (id) => {
        const listed = open.get(id)
        const issue = listed === undefined ? tracker.show(id) : Effect.succeed(listed)
        return Effect.map(issue, (found) => (found === undefined ? [] : [[id, found] as const]))
      },
      { concurrency: AT_ONCE }
    )
  )
  return { intake, bugs: Either.map(bugs, (found) => new Map(found.flat())) }
})
