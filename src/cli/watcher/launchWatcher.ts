import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Clock, Effect, Option } from "effect"
import { traceVariables } from "../../domain/traceContext.ts"
import { Exec, type ExecNotStarted, type LaunchSpec, type ProcessIdentity } from "../../exec/Exec.ts"
import { ATTEMPT_VARIABLE } from "../../exec/processTable.ts"
import { WATCH_LOG } from "../../journal/stateFiles.ts"
import { ThisProcess } from "../../surroundings.ts"

/** How a watcher is started. */
export interface WatcherCommand {
  /** The state directory. */
  readonly directory: string
  /** Options and their values that choose the same settings: `--config`, `--repo`. */
  readonly flags: ReadonlyArray<string>
}

/** Bytes of the log. A larger one is moved away before the next watcher starts. */
const LOG_LIMIT = 1024 * 1024

/** An idle watcher holds and computes little, so small memory is worth more than fast code. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size", "--no-opt"]
/** The same for the C library, which else keeps what the start needed. */
const MALLOC = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" }

/** The file that watchers log to. */
export const logOf = (directory: string): string => `${directory}/${WATCH_LOG}`

const limitLog = Effect.fn("watcher.limitLog")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const found = yield* Effect.option(fs.stat(file))
  if (Option.isNone(found) || found.value.size <= LOG_LIMIT) return
  yield* Effect.catchAll(fs.rename(file, `${file}.1`), ({ message }) =>
    Effect.logWarning(`cannot move the watcher's log away, so it grows: ${message}`)
  )
})

/**
 * Starts `nightly-dispatch watch` as a process that outlives this one, in a session of its own, and in a systemd scope of its
 * own where a user manager answers. Returns the process and whether it has the scope.
 */
export const launchWatcher = Effect.fn("watcher.launch")(function* ({
  directory,
  flags
}: WatcherCommand): Effect.fn.Return<
  { readonly process: ProcessIdentity; readonly isScoped: boolean },
  ExecNotStarted,
  Exec | FileSystem.FileSystem | Path.Path | ThisProcess
> {
  const [exec, { cwd, node, program }] = yield* Effect.all([Exec, ThisProcess])
  const logFile = logOf(directory)
  yield* limitLog(logFile)
  const spec: LaunchSpec = {
    tool: "nightly-dispatch",
    command: node,
    args: [...NODE_FLAGS, program, "watch", ...flags],
    cwd,
    env: { ...MALLOC, ...(yield* traceVariables), [ATTEMPT_VARIABLE]: undefined },
    logFile,
    scope: `nightly-dispatch-watch-${yield* Clock.currentTimeMillis}-${globalThis.process.pid}`
  }
  let isScoped = false
  const process = yield* exec.launchGated(spec, (_, cgroup) =>
    Effect.sync(() => {
      isScoped = cgroup !== undefined
    })
  )
  return { process, isScoped }
})
