import { Duration, Effect } from "effect"
import { groupRuns } from "./processTable.ts"

const POLL = Duration.millis(20)
/** SIGKILL cannot be ignored; a process that outlives this one is stuck in the kernel and nothing of ours can end it. */
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
 * Ends a process group: SIGTERM, then SIGKILL to whoever is left after `killAfter`. Says whether it is gone. Ends in
 * bounded time whatever the group does, also inside a finalizer.
 */
export const endProcessGroup = Effect.fn("endProcessGroup")(function* (
  group: number,
  killAfter: Duration.DurationInput
) {
  if (!(yield* groupRuns(group))) return true
  yield* signal(group, "SIGTERM")
  if (yield* goneWithin(group, killAfter)) return true
  yield* signal(group, "SIGKILL")
  return yield* goneWithin(group, KILL_GRACE)
})
