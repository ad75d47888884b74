import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import type { ProcessTable } from "../../src/exec/processTable.ts"
import { procTable } from "../../src/exec/procTable.ts"
import { psTable } from "../../src/exec/psTable.ts"
import { groupRuns } from "../../src/exec/systemTable.ts"

const sleeper = Effect.acquireRelease(
  Effect.async<number>((resume) => {
    const child = spawn("sleep", ["30"], { detached: true, stdio: "ignore" })
    child.once("spawn", () => resume(Effect.succeed(child.pid ?? 0)))
  }),
  (pid) => Effect.sync(() => process.kill(pid, "SIGKILL")).pipe(Effect.catchAllDefect(() => Effect.void))
)

// Other systems than Linux read the table with `ps`, which works on Linux too.
const tables: ReadonlyArray<readonly [string, ProcessTable]> = [
  ["/proc", procTable],
  ["ps", psTable]
]

describe.each(tables)("the process table by %s", (_name, table) => {
  it.scopedLive.skipIf(process.platform !== "linux")(
    "shows a process with its group and start, and no row once it has ended",
    () =>
      Effect.gen(function* () {
        const pid = yield* sleeper
        const row = yield* table.row(pid)
        assert.deepInclude(row, { pid, group: pid, zombie: false })
        yield* Effect.sleep("1200 millis")
        assert.strictEqual((yield* table.row(pid))?.startedAt, row?.startedAt, "the same text each time")
        assert.isTrue((yield* table.rows).some((each) => each.pid === pid))
        assert.isTrue(yield* groupRuns(pid, table))
        process.kill(pid, "SIGKILL")
        yield* Effect.repeat(Effect.delay(table.row(pid), "20 millis"), {
          until: (now) => now === undefined,
          times: 100
        })
        assert.isUndefined(yield* table.row(pid))
        assert.isFalse(yield* groupRuns(pid, table))
      })
  )
})
