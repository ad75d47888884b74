import * as FileSystem from "../exec/FileSystem.ts"
import { Effect, Either, Schema } from "effect"
import { reasonOf } from "../exec/causes.ts"
import type { Exec } from "../exec/Exec.ts"
import { withKernelLock } from "../exec/kernelLock.ts"
import { replaceFile } from "../exec/replaceFile.ts"
import { METRICS, METRICS_LOCK } from "../journal/stateFiles.ts"
import type { Count } from "./eventCounts.ts"
import { NO_TOTALS, Totals, withCounts } from "./Totals.ts"

const File = Schema.parseJson(Totals)

const isMissing = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "reason" in error && error.reason === "NotFound"

/** What was counted in this state directory. Starts at 0 again, with a warning, if the file cannot be read. */
export const readTotals = Effect.fn("metrics.read")(function* (
  directory: string
): Effect.fn.Return<Totals, never, FileSystem.FileSystem> {
  const file = `${directory}/${METRICS}`
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.either(fs.readFileString(file))
  if (Either.isLeft(text) && isMissing(text.left)) return NO_TOTALS
  const totals = yield* Effect.either(Effect.flatMap(text, Schema.decode(File)))
  if (Either.isRight(totals)) return totals.right
  const why = "it is damaged, or a later version wrote it"
  yield* Effect.logWarning(
    `cannot read the counts of the metrics in ${file}: ${Either.isLeft(text) ? reasonOf(text.left) : why}; they start at 0 again`
  )
  return NO_TOTALS
})

/**
 * Adds counts to those of the state directory, if that exists. Two processes that add at once lose none. Returns those that had
 * not been counted before. If the file cannot be written, logs why; these counts are lost then.
 */
export const addCounts = Effect.fn("metrics.add")(function* (
  directory: string,
  counts: ReadonlyArray<Count>
): Effect.fn.Return<ReadonlyArray<Count>, never, FileSystem.FileSystem | Exec> {
  const fs = yield* FileSystem.FileSystem
  // Only a run makes the directory.
  if (counts.length === 0 || !(yield* Effect.orElseSucceed(fs.exists(directory), () => false))) return counts
  const add = Effect.gen(function* () {
    const { added, totals } = withCounts(yield* readTotals(directory), counts)
    yield* Effect.flatMap(Schema.encode(File)(totals), (text) => replaceFile(`${directory}/${METRICS}`, text))
    return added
  })
  return yield* withKernelLock(`${directory}/${METRICS_LOCK}`)(add).pipe(
    Effect.catchAll((error) =>
      Effect.as(
        Effect.logWarning(`cannot write the counts of the metrics, so they are lost: ${reasonOf(error)}`),
        counts
      )
    )
  )
})
