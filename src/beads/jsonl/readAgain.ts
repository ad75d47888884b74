import type * as FileSystem from "@effect/platform/FileSystem"
import type { PlatformError } from "@effect/platform/Error"
import { Effect } from "effect"

/** The file's bytes in `spare`, or in new memory if they do not fit there. */
const readWhole = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, path: string, spare: Uint8Array | undefined) {
  const file = yield* fs.open(path)
  const size = Number((yield* file.stat).size)
  // One byte more shows the end of the file.
  let memory = spare !== undefined && spare.length > size ? spare : Buffer.allocUnsafeSlow(size + 1)
  for (let length = 0; ;) {
    const read = Number(yield* file.read(memory.subarray(length)))
    length += read
    if (read === 0) return { memory, content: memory.subarray(0, length) }
    if (length < memory.length) continue
    // Another program has appended to the file.
    const more = Buffer.allocUnsafeSlow(2 * length)
    more.set(memory)
    memory = more
  }
}, Effect.scoped)

/**
 * Reads files for `use`, each into the same memory, until the garbage collector has taken it: a run reads a tracker of 55 MB ten
 * times, and new memory takes longer than the read. `use` must keep no byte of the content.
 *
 * @example
 * const reading = makeReading(fs)
 * const lines = yield* reading("/src/shop/.beads/issues.jsonl", (content) => Effect.succeed(readJsonl(content).lines))
 */
export const makeReading = (fs: FileSystem.FileSystem) => {
  let spare: WeakRef<Uint8Array> | undefined
  return <A, E, R>(
    path: string,
    use: (content: Uint8Array) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | PlatformError, R> =>
    Effect.suspend(() => {
      // Taken: a second reader at the same time gets memory of its own.
      const taken = spare?.deref()
      spare = undefined
      return Effect.flatMap(readWhole(fs, path, taken), ({ content, memory }) =>
        Effect.tap(use(content), () => {
          spare = new WeakRef(memory)
        })
      )
    })
}
