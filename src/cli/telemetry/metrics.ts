import * as Path from "@effect/platform/Path"
import { Effect, Option, Stream } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { Events } from "../../domain/Events.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { findState } from "../../locate.ts"
import { gatherFacts } from "../../report/needs/gatherFacts.ts"
import type { NightFacts } from "../../report/needs/NightFacts.ts"
import { ThisProcess, variable } from "../../surroundings.ts"
import { writeMetrics } from "../../telemetry/metricsFile.ts"
import { METRICS_FILE } from "./metricsOption.ts"
import { collectorsOf } from "./otlp/collectors.ts"

/** The file of `--metrics-file`, else of the variable; `undefined` without both. Absolute. */
export const metricsFileOf = Effect.fnUntraced(function* (flag: Option.Option<string>) {
  const [path, { cwd, environment }] = yield* Effect.all([Path.Path, ThisProcess])
  const file = Option.getOrElse(flag, () => variable(environment, METRICS_FILE))
  return file === undefined ? undefined : path.resolve(cwd, file)
})

/** Whether anything takes the metrics: a file, or a collector. */
const areWanted = (flag: Option.Option<string>) =>
  Effect.map(
    Effect.all([metricsFileOf(flag), ThisProcess]),
    ([file, { environment }]) => file !== undefined || collectorsOf(environment).collectors?.to.metrics !== undefined
  )

/** Writes these facts to the metrics file, and shows them to a collector, where there is one. */
export const writeFacts = Effect.fn("metrics.facts")(function* (flag: Option.Option<string>, facts: NightFacts) {
  if (!(yield* areWanted(flag))) return
  const file = yield* metricsFileOf(flag)
  const { repository, state } = yield* findState(yield* CurrentSettings, yield* ThisProcess)
  yield* writeMetrics(file, { directory: state.directory, repository: repository?.name }, facts)
})

/** The same for the present. Never fails. */
export const writeMetricsNow = Effect.fn("metrics.now")(function* (flag: Option.Option<string>, place: RunOptions) {
  if (!(yield* areWanted(flag))) return
  yield* writeFacts(flag, yield* withLimits(gatherFacts(Effect.succeed(place))))
})

/** The same after each job that ends, until the scope closes: for the watcher, which lives long. */
export const writeAfterJobs = Effect.fn("metrics.afterJobs")(function* (
  flag: Option.Option<string>,
  place: RunOptions
) {
  if (!(yield* areWanted(flag))) return
  const events = yield* Effect.flatMap(Events, ({ subscribe }) => subscribe)
  yield* events.pipe(
    Stream.filter(({ event }) => event._tag === "JobEnded"),
    Stream.debounce("2 seconds"),
    Stream.runForEach(() => writeMetricsNow(flag, place)),
    Effect.forkScoped
  )
})
