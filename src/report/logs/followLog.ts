import { Effect, Ref, Schedule } from "effect"
import { filePart } from "../../exec/fileTail.ts"
import type { LogTail } from "./logTail.ts"

/** Bytes that are read at once. */
const PART = 256 * 1024
const PAUSE = "500 millis"

/** No file has this number. */
const GONE = { inode: -1, offset: 0 }

/** How a log is followed. */
export interface Following<R> {
  readonly path: string
  /** What was printed of it already. */
  readonly tail: LogTail
  /** Whether the job has ended, so that nothing more will be written. */
  readonly isOver: Effect.Effect<boolean, never, R>
  readonly print: (lines: ReadonlyArray<string>) => Effect.Effect<void>
}

/**
 * Prints what is written to a log until its job has ended. A log that was cut or replaced is read from its beginning; one that is
 * gone is waited for. Needs the same memory for a log of any size.
 *
 * @example
 * followLog({ path, tail, isOver: Effect.succeed(false), print })
 */
export const followLog = Effect.fn("followLog")(function* <R>({ isOver, path, print, tail }: Following<R>) {
  const { reader } = tail
  const position = yield* Ref.make(tail.position)
  /** Reads and prints what is new. Returns whether there may be more already. */
  const step = Effect.gen(function* () {
    const { inode, offset } = yield* Ref.get(position)
    const read = filePart(path, (file) => {
      const isSame = file.inode === inode && file.size >= offset
      return { start: isSame ? offset : 0, length: PART }
    })
    const part = yield* Effect.catchAll(read, ({ message }) =>
      Effect.as(Effect.logWarning(`the log cannot be read: ${message}`), undefined)
    )
    if (part === undefined) {
      // A new file may get the number of the one that is gone.
      yield* Ref.set(position, GONE)
      return false
    }
    if (part.inode !== inode || part.start < offset) {
      yield* print(reader.end())
      yield* Effect.logInfo("the log was cut or replaced; it follows from its beginning")
    }
    yield* Ref.set(position, { inode: part.inode, offset: part.start + part.bytes.length })
    const lines = reader.feed(part.bytes)
    if (lines.length > 0) yield* print(lines)
    return part.bytes.length === PART
  })
  const round = Effect.gen(function* () {
    // Asked first: what is read afterwards is the end.
    const over = yield* isOver
    yield* Effect.repeat(step, { while: (hasMore) => hasMore })
    return over
  })
  yield* Effect.repeat(round, { until: (over) => over, schedule: Schedule.spaced(PAUSE) })
  yield* print(reader.end())
})
