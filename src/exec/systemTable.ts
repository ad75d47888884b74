import { Effect } from "effect"
import { codeOf } from "./causes.ts"
import type { ProcessTable } from "./processTable.ts"
import { procTable } from "./procTable.ts"
import { psTable } from "./psTable.ts"

/** The process table of this system. */
export const systemTable: ProcessTable = process.platform === "linux" ? procTable : psTable

/** Whether the group has any member, zombies included. Cheap: one system call. */
const groupExists = (group: number): Effect.Effect<boolean> =>
  Effect.try(() => process.kill(-group, 0)).pipe(
    // EPERM: we may not signal the group, so it exists.
    Effect.catchAll(({ error }) => Effect.succeed(codeOf(error) === "EPERM"))
  )

/** Whether a process group may have a running member. A zombie does not count; a table that cannot be read does. */
export const groupRuns = (group: number, table: ProcessTable = systemTable): Effect.Effect<boolean> =>
  Effect.if(groupExists(group), {
    onTrue: () =>
      table.rows.pipe(
        Effect.map((rows) => rows.some((row) => row.group === group && !row.zombie)),
        Effect.orElseSucceed(() => true)
      ),
    onFalse: () => Effect.succeed(false)
  })
