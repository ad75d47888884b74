import { Deferred, Effect } from "effect"
import { requireDirectory, spawnForeground, type Child, type FullCommand } from "./children.ts"
import type { ForegroundSpec } from "./Exec.ts"
import { withDescendants } from "./jobSet.ts"
import type { Host } from "./liveness.ts"
import type { ProcessRow } from "./processTable.ts"
import { exitCodeOf } from "./run.ts"

/** The terminal sends these to us, too, when a person presses Ctrl-C or Ctrl-\ in the command. */
const KEYS = ["SIGINT", "SIGQUIT"] as const
const POLL = "20 millis"
const KILL_AFTER = "2 seconds"

const nothing = () => undefined

/** Until the scope closes these keys are the command's alone. */
const withoutKeys = Effect.acquireRelease(
  Effect.sync(() =>
    KEYS.map((signal) => {
      const listeners = process.listeners(signal)
      // First ours: a signal without any listener would end this process.
      process.on(signal, nothing)
      for (const listener of listeners) process.off(signal, listener)
      return { signal, listeners }
    })
  ),
  (muted) =>
    Effect.sync(() => {
      for (const { listeners, signal } of muted) {
        for (const listener of listeners) process.on(signal, listener)
        process.off(signal, nothing)
      }
    })
)

const running = ({ table }: Host) =>
  Effect.map(
    Effect.orElseSucceed(table.rows, (): ReadonlyArray<ProcessRow> => []),
    (rows) => rows.filter(({ zombie }) => !zombie)
  )

/** Those of `found` that still run. */
const leftOf = (host: Host, found: ReadonlyArray<ProcessRow>) =>
  Effect.map(running(host), (rows) =>
    found.filter(({ pid, startedAt }) => rows.some((row) => row.pid === pid && row.startedAt === startedAt))
  )

const signal = (rows: ReadonlyArray<ProcessRow>, name: "SIGTERM" | "SIGKILL") =>
  Effect.forEach(rows, ({ pid }) => Effect.ignore(Effect.try(() => process.kill(pid, name))), { discard: true })

/** Ends the command and its descendants one by one: it shares our process group. */
const end = Effect.fn("Exec.foreground.end")(function* (host: Host, { exited, pid }: Child) {
  if (yield* Deferred.isDone(exited)) return
  const rows = yield* running(host)
  const pids = withDescendants(rows, [pid])
  const own = rows.filter((row) => pids.has(row.pid))
  yield* signal(own, "SIGTERM")
  const left = yield* leftOf(host, own).pipe(
    Effect.delay(POLL),
    Effect.repeat({ until: (left) => left.length === 0 }),
    Effect.interruptible,
    Effect.timeoutTo({ duration: KILL_AFTER, onSuccess: (left) => left, onTimeout: () => own })
  )
  yield* signal(yield* leftOf(host, left), "SIGKILL")
})

export const foreground = (host: Host) =>
  Effect.fn("Exec.foreground")(function* ({ input, ...spec }: ForegroundSpec & FullCommand) {
    yield* requireDirectory(spec)
    yield* withoutKeys
    const child = yield* Effect.acquireRelease(spawnForeground(spec, input), (child) => end(host, child))
    return exitCodeOf(yield* Deferred.await(child.exited))
  }, Effect.scoped)
