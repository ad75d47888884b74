import { Duration, Effect } from "effect"
import { bootMillis } from "../domain/BootClock.ts"
import { inWords } from "./jobProcesses.ts"
import { jobSet, type JobSet, type Member } from "./jobSet.ts"
import type { EndedPart, JobTraits } from "./jobTraits.ts"
import type { Host } from "./liveness.ts"
import type { ProcessTable } from "./processTable.ts"

const DEFAULT_KILL_AFTER = Duration.seconds(2)
const POLL = Duration.millis(20)
/** SIGKILL is sent this often at most: a process may start others faster than they are ended. */
const ROUNDS = 8
/** A process that outlives SIGKILL by this time is stuck in the kernel. */
const ROUND_TIME = Duration.millis(500)

/**
 * The processes to end. What an ended starter has left in its group outside the worktree is the runner's own: dx-runner's
 * monitor, which writes how the job ended and then ends by itself.
 */
const chosen = ({ members }: JobSet, part: EndedPart): ReadonlyArray<Member> => {
  if (part === "leftovers")
    return members.filter(({ group, inWorktree }) => group === "launcher" || inWorktree === true)
  const starts = members.some(({ group, root }) => root && group === "starter")
  return members.filter(({ group, inWorktree }) => starts || group !== "starter" || inWorktree !== false)
}

/** Compares the start time right before the signal: the pid may be another process's by now. */
const signal = (table: ProcessTable, targets: ReadonlyArray<Member>, name: "SIGTERM" | "SIGKILL") =>
  Effect.forEach(
    targets,
    ({ row }) =>
      Effect.flatMap(table.row(row.pid), (now) =>
        now?.startedAt === row.startedAt ? Effect.ignore(Effect.try(() => process.kill(row.pid, name))) : Effect.void
      ),
    { discard: true }
  )

/** Waits until none of these runs. No time-out: a stop is uninterruptible, and a time-out would interrupt. */
const awaitEnd = Effect.fnUntraced(function* (
  table: ProcessTable,
  targets: ReadonlyArray<Member>,
  time: Duration.DurationInput
) {
  const started = new Map(targets.map(({ row }) => [row.pid, row.startedAt]))
  const deadline = (yield* bootMillis) + Duration.toMillis(time)
  while ((yield* table.rows).some(({ pid, startedAt, zombie }) => !zombie && started.get(pid) === startedAt)) {
    if ((yield* bootMillis) >= deadline) return
    yield* Effect.sleep(POLL)
  }
})

/**
 * Ends the processes of a job, or the leftovers of a job that has ended: SIGTERM, then SIGKILL to those that are left after
 * `killAfter`, and to those that they started meanwhile. Returns what is left of the job.
 */
export const endJob = Effect.fn("Exec.endJob")(function* (
  host: Host,
  traits: JobTraits,
  part: EndedPart,
  killAfter: Duration.DurationInput = DEFAULT_KILL_AFTER
) {
  const look = jobSet(host, traits)
  let set = yield* look
  for (let round = 0; round <= ROUNDS && chosen(set, part).length > 0; round++) {
    const targets = chosen(set, part)
    yield* signal(host.table, targets, round === 0 ? "SIGTERM" : "SIGKILL")
    yield* awaitEnd(host.table, targets, round === 0 ? killAfter : ROUND_TIME)
    set = yield* look
  }
  return yield* inWords(host, set)
})
