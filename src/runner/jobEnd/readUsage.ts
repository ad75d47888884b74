import { Effect } from "effect"
import type { Usage } from "../../domain/Usage.ts"
import { filePart } from "../../exec/fileTail.ts"
import type { NotOurs } from "../../exec/ownFiles.ts"
import { makeUsageReader, type LogOf } from "./usageIn.ts"

/** Bytes that are read at once. */
const PART = 1024 * 1024

/**
 * What the agent of an ended job says that it used, from its whole log, which is read part by part. `undefined` if the log does not
 * tell, or is gone. Fails with `NotOurs` if it cannot be read.
 *
 * @example
 * readUsage("/tmp/dx-runner/opencode/bd-1.log", { cli: "opencode" })
 */
export const readUsage = Effect.fn("readUsage")(function* (
  path: string,
  of: LogOf
): Effect.fn.Return<Usage | undefined, NotOurs> {
  const [reader, decoder] = [makeUsageReader(of), new TextDecoder()]
  let [start, end] = [0, Number.POSITIVE_INFINITY]
  while (start < end) {
    const part = yield* filePart(path, () => ({ start, length: PART }))
    if (part === undefined) return undefined
    // What is written from now on is not read: a process that the job left may write for ever.
    end = Math.min(end, part.size)
    reader.push(decoder.decode(part.bytes, { stream: true }))
    if (part.bytes.length === 0) break
    start += part.bytes.length
  }
  return reader.end()
})
