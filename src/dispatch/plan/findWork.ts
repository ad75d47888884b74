import { Clock, Effect } from "effect"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Journal } from "../../journal/Journal.ts"
import { ExistingWork, type SoughtBug, type WorkByBug } from "../../workspace/ExistingWork.ts"
import { limitedCall } from "../limits/limits.ts"

const tooSlow = (time: string) =>
  Effect.as(
    Effect.logWarning(`no answer within ${time} to whether work for open bugs exists, so none is found`),
    new Map() satisfies WorkByBug
  )

/** The work that exists for each of these bugs. After `retry ID` only work counts that was made later. */
export const findWork = Effect.fn("plan.findWork")(function* (bugs: ReadonlyArray<SoughtBug>, repository: Repository) {
  const [existing, journal, now] = yield* Effect.all([ExistingWork, Journal, Clock.currentTimeMillis])
  const retried = new Map((yield* journal.retries).map(({ at, beads }) => [beads, at]))
  const all: WorkByBug = yield* limitedCall("workspace")(tooSlow)(existing.find(bugs, repository))
  const counts = new Map<string, FoundWork>()
  for (const { id } of bugs) {
    const since = retried.get(id)
    // A time that has not come yet is a mistake: nothing tells that the work was made after the retry.
    const work = (all.get(id) ?? []).find(({ at }) => since === undefined || (at > since && at <= now))
    if (work !== undefined) counts.set(id, work)
  }
  return counts
})
