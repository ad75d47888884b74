import type { JobTraits } from "./jobTraits.ts"
import type { ProcessRow } from "./processTable.ts"

/**
 * Which processes were found as a job's so far, while this program runs. So a process stays known that clears its environment
 * and loses its parent later. Looking at a job's processes now and then is enough to sample them.
 */
export interface SeenProcesses {
  /** The start time of each, by pid. */
  readonly of: (job: JobTraits) => ReadonlyMap<number, string>
  /** Replaces what was found before: those that have ended are forgotten. */
  readonly note: (job: JobTraits, found: ReadonlyArray<ProcessRow>) => void
}

const nameOf = ({ attempt, launcher }: JobTraits): string =>
  attempt ?? `${launcher?.pid ?? ""} ${launcher?.startedAt ?? ""}`

export const makeSeenProcesses = (): SeenProcesses => {
  const jobs = new Map<string, ReadonlyMap<number, string>>()
  return {
    of: (job) => jobs.get(nameOf(job)) ?? new Map(),
    note: (job, found) => {
      if (found.length === 0) jobs.delete(nameOf(job))
      else jobs.set(nameOf(job), new Map(found.map(({ pid, startedAt }) => [pid, startedAt])))
    }
  }
}
