import { Effect, Exit, type Scope } from "effect"
import { snapshot, type SharedFileFailed, type Snapshot, type Swapped } from "../../exec/sharedFile.ts"
import { indexLines, type LineIndex } from "./lineIndex.ts"

/** A file as it is now. */
export interface Look {
  readonly before: Snapshot
  readonly index: LineIndex
}

/** The file as it was last seen, by a look or by our own write. */
export interface LastSeen {
  /**
   * Compares each byte with the last look, and indexes the lines anew only if one differs. Size and times would say too little: two
   * writes in one tick of the file system's clock have the same times.
   */
  readonly look: (path: string) => Effect.Effect<Look, SharedFileFailed, Scope.Scope>
  /** Does `write`, which writes this content: a look during it, or after it, need not index what it finds. */
  readonly writing: <E, R>(index: LineIndex, write: Effect.Effect<Swapped, E, R>) => Effect.Effect<Swapped, E, R>
}

/**
 * Keeps the last content in memory. A run looks at a tracker of 55 MB twenty times: to compare takes 17 ms, to read it into new
 * memory and to find a bug in it 250 ms.
 *
 * @example
 * const { index } = yield* (yield* makeLastSeen).look("/src/shop/.beads/issues.jsonl")
 */
export const makeLastSeen: Effect.Effect<LastSeen> = Effect.map(Effect.makeSemaphore(1), (mutex) => {
  /** More than one only during a write. */
  let known: ReadonlyArray<LineIndex> = []
  return {
    // One at a time: two first looks at once would hold the file twice.
    look: (path) =>
      mutex.withPermits(1)(
        Effect.gen(function* () {
          const candidates = known
          const contents = candidates.map(({ content }) => content)
          const before = yield* snapshot(path, contents)
          const same = candidates.find(({ content }) => content === before.content)
          if (same !== undefined) return { before, index: same }
          const index = indexLines(before.content)
          known = [index]
          return { before, index }
        })
      ),
    writing: (index, write) =>
      Effect.suspend(() => {
        known = [...known, index]
        return write
      }).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            const isWritten = Exit.isSuccess(exit) && exit.value._tag === "Replaced"
            known = isWritten ? [index] : known.filter((other) => other !== index)
          })
        )
      )
  }
})
