import { Effect } from "effect"
import * as fs from "node:fs"
import { spawnChild } from "./children.ts"
import { takePipe } from "./pipes.ts"

/** How large a log may become. */
export interface LogLimit {
  readonly bytes: number
  /** The line that then ends it. */
  readonly notice: string
}

/** Bytes of the unit of `ulimit -f`. */
const BLOCK = 512

/**
 * Copies its input to the log until that has its limit, and then only reads on: the writer must not notice. A limit on the size
 * of files holds for `cat` alone, which, unlike `head`, writes each line at once. It fails on a full disk, too. It ignores
 * signals: it lives as long as any process writes to the log.
 */
const SCRIPT = `
blocks=$1 notice=$2
trap '' HUP INT TERM
(ulimit -S -f "$blocks"; trap '' XFSZ; exec cat) 2>/dev/null && exit
printf '\\n%s\\n' "$notice"
exec cat >/dev/null
`

/**
 * Gives the file descriptor that a launched process writes to, for the scope: the start of a pipe to a limiter. The limiter is
 * a child of ours, in a session and a directory of its own, and was never one of the launched process's.
 */
export const limitLog = Effect.fn("limitLog")(function* ({ bytes, notice }: LogLimit, log: number, path: string) {
  const { reader, writer } = yield* Effect.acquireRelease(takePipe("mkfifo"), (pipe) =>
    Effect.sync(() => {
      fs.closeSync(pipe.reader)
      fs.closeSync(pipe.writer)
    })
  )
  const args = ["-c", SCRIPT, "nightly-dispatch-log", String(Math.ceil(bytes / BLOCK)), notice]
  const limiter = yield* spawnChild({ command: "/bin/sh", args, cwd: "/", env: { PATH: path } }, reader, log, log)
  limiter.process.unref()
  return writer
})
