import { Effect } from "effect"
import { RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { Job } from "../domain/Job.ts"
import { ProviderName } from "../domain/Provider.ts"
import { isIdle, type JobProcesses, type JobTraits } from "../exec/jobTraits.ts"
import type { ProcessUnreadable } from "../exec/Exec.ts"
import type { JobTrace } from "./DxRunner.ts"

/** What the processes of a traced attempt are recognised by, without the runner's own records. */
export const traitsOfTrace = ({ attempt, starter, worktree }: JobTrace): JobTraits => ({ attempt, starter, worktree })

/** For a job of which only the processes are known. */
const UNKNOWN_PROVIDER = ProviderName.make("unknown")

/** A job that the runner's records do not show, but its processes do. */
export const jobWithoutRecord = (
  beads: BeadsId,
  trace: JobTrace,
  found: Pick<Job, "phase"> & { readonly reason?: string | undefined; readonly provider?: ProviderName | undefined }
): Job =>
  Job.make({
    beads,
    provider: found.provider ?? UNKNOWN_PROVIDER,
    phase: found.phase,
    reason: found.reason,
    pid: trace.starter?.pid,
    worktree: trace.worktree
  })

/** The processes cannot be looked up, so nothing is known of them. */
export const unreadable =
  (operation: string) =>
  ({ message }: ProcessUnreadable): RunnerFailed =>
    new RunnerFailed({ operation, detail: `the processes cannot be read: ${message}`, blame: "host" })

/** Whether a stop has ended all that works. If not, says what is left. */
export const stopDone = (id: BeadsId, left: JobProcesses): Effect.Effect<boolean> => {
  const { doubtful, roots, working } = left
  const rest = [...roots, ...working, ...doubtful].join("; ")
  return isIdle(left)
    ? Effect.succeed(true)
    : Effect.as(Effect.logWarning(`${id}: its job may still work: ${rest}; end it by hand if it is the agent`), false)
}

/** What a job has left behind that is not ended. */
export const leftBehind = ({ doubtful, elsewhere, roots, working }: JobProcesses): ReadonlyArray<string> => [
  ...roots,
  ...working,
  ...doubtful,
  ...elsewhere
]
