import { Duration, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { CurrentSettings } from "../../domain/Settings.ts"

/** An operator does not wait longer for a tracker that does not answer. */
const PATIENCE = Duration.seconds(5)

const asked = <A, R>(what: string, call: Effect.Effect<A, TrackerFailed, R>) =>
  Effect.either(
    Effect.timeoutFail(call, {
      duration: PATIENCE,
      onTimeout: () =>
        new TrackerFailed({
          operation: what,
          reason: "timeout",
          detail: `no answer within ${Duration.format(PATIENCE)}`,
          blame: "tracker"
        })
    })
  )

/** What the tracker says of the bug: the open bugs, and the bug itself, which may be none of them. Each left: why not. */
export const askTracker = Effect.fn("explain.tracker")(function* (id: BeadsId) {
  const [beads, settings] = yield* Effect.all([BeadsCli, CurrentSettings])
  const [intake, shown] = yield* Effect.all(
    [asked("list", beads.openBugs(settings.intake)), asked(`show ${id}`, beads.show(id))],
    { concurrency: "unbounded" }
  )
  const listed = Either.isRight(intake) ? intake.right.issues.find((issue) => issue.id === id) : undefined
  return { intake, shown, issue: listed ?? Either.getOrUndefined(shown) }
})
