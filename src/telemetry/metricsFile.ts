import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import { reasonOf } from "../exec/causes.ts"
import { replaceFile } from "../exec/replaceFile.ts"
import type { NightFacts } from "../report/needs/NightFacts.ts"
import { Counting } from "./counting.ts"
import { observeSamples } from "./effectMetrics.ts"
import { exposition } from "./exposition.ts"
import { gaugesOf } from "./gauges.ts"
import { readTotals } from "./totalsFile.ts"

/** node_exporter runs as another user. */
const MODE = 0o644

/** Whose metrics they are: the state directory, and the repository's name if it has one. */
export interface MetricsPlace {
  readonly directory: string
  readonly repository: string | undefined
}

/**
 * Updates Effect's metrics of this process, and writes all metrics in the text format of Prometheus, in one step, for node_exporter's
 * textfile collector; without a file only the former. Never fails: if the file cannot be written, the log says so, and the old one
 * stays.
 *
 * @example
 * writeMetrics("/var/lib/node_exporter/nightly.prom", { directory: "/state", repository: "app" }, yield* gatherFacts(place))
 */
export const writeMetrics = Effect.fn("metrics.write")(function* (
  file: string | undefined,
  { directory, repository }: MetricsPlace,
  facts: NightFacts
): Effect.fn.Return<void, never, FileSystem.FileSystem> {
  yield* Effect.flatMap(Counting, ({ flush }) => flush)
  const gauges = gaugesOf(facts)
  yield* observeSamples(gauges)
  if (file === undefined) return
  yield* replaceFile(file, exposition(yield* readTotals(directory), gauges, repository), { mode: MODE }).pipe(
    Effect.catchAll((error) => Effect.logWarning(`cannot write the metrics file ${file}: ${reasonOf(error)}`))
  )
})
