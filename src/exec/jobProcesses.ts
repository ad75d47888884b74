import { Effect } from "effect"
import { oneLine } from "../domain/Text.ts"
import { jobSet, type JobSet, type Member } from "./jobSet.ts"
import type { JobProcesses, JobTraits } from "./jobTraits.ts"
import type { Host } from "./liveness.ts"

const UNSEEN = "which cannot be seen from here: of another machine or pid namespace, or its entry cannot be read"
const UNMARKED = "which has the group number of the job and may work in its worktree, but does not show its attempt"

/** A set of processes in words. */
export const inWords = Effect.fn("jobProcesses.inWords")(function* ({ table }: Host, { doubtful, members }: JobSet) {
  const words = (pid: number) =>
    Effect.map(table.commandLine(pid), (line) => `pid ${pid}${line === "" ? "" : ` (${oneLine(line, 80)})`}`)
  const named = (chosen: ReadonlyArray<Member>) => Effect.forEach(chosen, ({ row }) => words(row.pid))
  const others = members.filter(({ root }) => !root)
  return {
    roots: yield* named(members.filter(({ root }) => root)),
    working: yield* named(others.filter(({ inWorktree }) => inWorktree !== false)),
    doubtful: yield* Effect.forEach(doubtful, ({ pid, why }) =>
      why === "unseen"
        ? Effect.succeed(`pid ${pid}, ${UNSEEN}`)
        : Effect.map(words(pid), (text) => `${text}, ${UNMARKED}`)
    ),
    // What shares the starter's group is the runner's own, such as its monitor, and ends by itself.
    elsewhere: yield* named(others.filter(({ group, inWorktree }) => inWorktree === false && group !== "starter"))
  } satisfies JobProcesses
})

/** The processes of a job now. */
export const jobProcesses = Effect.fn("Exec.jobProcesses")(function* (host: Host, traits: JobTraits) {
  return yield* inWords(host, yield* jobSet(host, traits))
})
