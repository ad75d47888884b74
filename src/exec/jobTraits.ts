import type { ProcessIdentity } from "../domain/ProcessIdentity.ts"

/** What the processes of one job are recognised by. A pid alone is never enough. */
export interface JobTraits {
  /** The value of `NIGHTLY_DISPATCH_ATTEMPT` in their environment; `undefined` for a job of an earlier version. */
  readonly attempt: string | undefined
  /** The process that runs the agent and records its exit code. It leads the job's group, or is in it. */
  readonly launcher?: ProcessIdentity | undefined
  /** The process that starts the job, and may still do so. */
  readonly starter?: ProcessIdentity | undefined
  /** Absolute. `undefined`: each process of the job may work in it. */
  readonly worktree: string | undefined
  /** The control group of its own, as /proc/<pid>/cgroup names it. */
  readonly cgroup?: string | undefined
}

/** The processes of one job, each in words: `pid 4711 (gradle --daemon)`. */
export interface JobProcesses {
  /** Its launcher and its starter, those that run. */
  readonly roots: ReadonlyArray<string>
  /** The others that work in the worktree, or whose working directory cannot be read. */
  readonly working: ReadonlyArray<string>
  /**
   * Those that may be the job's: a launcher or starter that cannot be seen from here, and members of the group of a dead
   * launcher that may work in the worktree and do not show the attempt. They are never signalled.
   */
  readonly doubtful: ReadonlyArray<string>
  /** The rest: they carry the attempt, or descend from the job, and work elsewhere. */
  readonly elsewhere: ReadonlyArray<string>
}

/** Whether none of these works, or may work, for the job. */
export const isIdle = ({ doubtful, roots, working }: JobProcesses): boolean =>
  roots.length + working.length + doubtful.length === 0

/** `all`: a stop. `leftovers`: of a job that has ended, what is in its group or works in its worktree. */
export type EndedPart = "all" | "leftovers"
