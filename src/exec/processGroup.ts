import { Duration, Effect } from "effect"
import { groupRuns } from "./systemTable.ts"

const DEFAULT_KILL_AFTER = Duration.seconds(2)
const POLL = Duration.millis(20)
/** A process that outlives SIGKILL by this time is stuck in the kernel. We cannot end it. */
const KILL_GRACE = Duration.seconds(2)

const signal = (group: number, name: "SIGTERM" | "SIGKILL"): Effect.Effect<void> =>
  Effect.sync(() => {
    process.kill(-group, name)
  }).pipe(Effect.catchAllDefect(() => Effect.void))

const goneWithin = (group: number, time: Duration.DurationInput): Effect.Effect<boolean> =>
  groupRuns(group).pipe(
    Effect.repeat({ while: (runs) => (runs ? Effect.as(Effect.sleep(POLL), true) : Effect.succeed(false)) }),
    Effect.interruptible,
    Effect.timeoutTo({ duration: time, onSuccess: () => true, onTimeout: () => false })
  )

/**
 * Ends the process group of a child of ours: SIGTERM, then SIGKILL to the processes that are left after `killAfter`. Returns
 * whether the group is gone. The child is not reaped yet, or was just now, so the group's number is still its own. Takes at
 * most `killAfter` and 2 seconds, also in a finalizer.
 */
export const endProcessGroup = Effect.fn("endProcessGroup")(function* (
  group: number,
  killAfter: Duration.DurationInput = DEFAULT_KILL_AFTER
) {
  if (!(yield* groupRuns(group))) return true
  yield* signal(group, "SIGTERM")
  if (yield* goneWithin(group, killAfter)) return true
  yield* signal(group, "SIGKILL")
  return yield* goneWithin(group, KILL_GRACE)
})
