import { Effect, type Duration } from "effect"
import { ProcessIdentity } from "./Exec.ts"
import { endProcessGroup } from "./processGroup.ts"
import { processTable } from "./processTable.ts"

export const identify = Effect.fn("Exec.identify")(function* (pid: number) {
  const row = yield* processTable.row(pid)
  return row === undefined || row.zombie || pid <= 1
    ? undefined
    : ProcessIdentity.make({ pid, startedAt: row.startedAt, boot: yield* processTable.boot })
})

export const isAlive = Effect.fn("Exec.isAlive")(function* (process: ProcessIdentity) {
  const current = yield* identify(process.pid)
  return current?.startedAt === process.startedAt && current.boot === process.boot
})

// A process group may outlive its leader. The kernel reuses the group's number only when the group is empty: if no process
// has the pid, the number still names our group; if a process with another start time has it, our group is gone.
export const endGroup = Effect.fn("Exec.endGroup")(function* (
  process: ProcessIdentity,
  killAfter?: Duration.DurationInput
) {
  const row = yield* processTable.row(process.pid)
  const reused = row !== undefined && row.startedAt !== process.startedAt
  if (reused || process.boot !== (yield* processTable.boot)) return true
  return yield* endProcessGroup(row?.group ?? process.pid, killAfter)
})
