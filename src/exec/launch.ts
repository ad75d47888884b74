import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { notStarted, requireDirectory, spawnChild, type FullCommand } from "./children.ts"
import { ProcessIdentity, type LaunchSpec } from "./Exec.ts"
import { processTable } from "./processTable.ts"

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

const openLog = ({ logFile }: LaunchSpec) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => fs.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600),
      catch: (cause) => notStarted(`log ${logFile}`, cause)
    }),
    (file) => Effect.promise(() => file.close().catch(() => undefined))
  )

export const launch = Effect.fn("Exec.launch")(
  function* (spec: LaunchSpec & FullCommand) {
    yield* requireDirectory(spec)
    const log = yield* openLog(spec)
    const child = yield* spawnChild(spec, log.fd, log.fd)
    child.process.unref()
    const [row, boot] = yield* Effect.all([processTable.row(child.pid), processTable.boot])
    return ProcessIdentity.make({ pid: child.pid, startedAt: row?.startedAt ?? "ended", boot })
  },
  Effect.scoped,
  Effect.uninterruptible
)
