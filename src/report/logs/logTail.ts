import { Effect } from "effect"
import { Redact } from "../../domain/Redaction.ts"
import type { NotOurs } from "../../exec/ownFiles.ts"
import { filePart, lastBytes } from "../../exec/fileTail.ts"
import { makeLogLines, type LogLines } from "./logLines.ts"

/** Bytes that are read for each line that is wanted, at least and at most. Longer lines show fewer. */
const PER_LINE = 1024
const [LEAST, MOST] = [256 * 1024, 16 * 1024 * 1024]

/** The end of a log. */
export interface LogTail {
  readonly lines: ReadonlyArray<string>
  /** Where the end of the log was. */
  readonly position: { readonly inode: number; readonly offset: number }
  /** Knows the unfinished line: feed it with what follows. */
  readonly reader: LogLines
}

/**
 * The last lines of a log, without secrets and control characters; `undefined` if there is no such file. Reads only the end of it,
 * so it may have any size. `isWhole`: nothing will follow, so an unfinished line is a line.
 *
 * @example
 * const tail = yield* logTail("/tmp/dx-runner/opencode/bd-1.log", 200, true)
 */
export const logTail = Effect.fn("logTail")(function* (
  path: string,
  count: number,
  isWhole: boolean
): Effect.fn.Return<LogTail | undefined, NotOurs> {
  const redact = yield* Redact
  const part = yield* filePart(path, lastBytes(Math.min(MOST, Math.max(LEAST, count * PER_LINE))))
  if (part === undefined) return undefined
  const { bytes, inode, start } = part
  const reader = makeLogLines(redact)
  // The first line may begin in the middle of a secret.
  const from = start === 0 ? 0 : bytes.indexOf(0x0a) + 1
  const lines = start > 0 && from === 0 ? [] : reader.feed(bytes.subarray(from))
  const all = isWhole ? [...lines, ...reader.end()] : lines
  return { lines: all.slice(-count), position: { inode, offset: start + bytes.length }, reader }
})
