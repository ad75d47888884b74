import { Effect, Option, Schema } from "effect"
import type { SettleReport } from "../../dispatch/settle/settleEarlier.ts"
import { settleNow } from "../../dispatch/settle/settleNow.ts"
import { Attempt } from "../../domain/Attempt.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { layer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { ThisProcess, type Surroundings } from "../../surroundings.ts"
import { tell } from "../alerting.ts"
import type { SettleFlags } from "../commands/settle.ts"
import { guarded } from "../guarded.ts"
import { attemptCells } from "../rendering/attempt.ts"
import { table } from "../../report/text/table.ts"
import { printResult } from "../terminal/Streams.ts"
import { writeMetricsNow } from "../telemetry/metrics.ts"
import { atWork } from "../watcher/atWork.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const Report = Schema.Struct({
  /** False if a run is active; nothing was done then. */
  settled: Schema.Boolean,
  attempts: Schema.Array(
    Schema.Struct({
      state: Schema.Literal("Ended", "Running", "Open"),
      /** Why the attempt is still open. */
      why: Schema.optional(Schema.String),
      attempt: Attempt
    })
  )
})
const encodeReport = jsonDocument(Report)

const toReport = (report: Option.Option<SettleReport>): typeof Report.Type => ({
  settled: Option.isSome(report),
  attempts: Option.toArray(report).flatMap(({ settled }) =>
    settled.map((result) => ({
      state: result._tag,
      attempt: result.attempt,
      ...(result._tag === "Open" ? { why: result.why } : {})
    }))
  )
})

const render = ({ attempts, settled }: typeof Report.Type): string => {
  if (!settled) return "another run is active: nothing was done"
  if (attempts.length === 0) return "nothing was left to settle"
  return table(
    ["bug", "attempt", "now", "detail"],
    attempts.map(({ attempt, state, why }) => {
      const [bug, tried, end, detail] = attemptCells(attempt)
      const running = attempt.phase === "verifying" ? "its work is being checked" : "running"
      return [bug, tried, state === "Ended" ? end : state === "Running" ? running : "still open", why ?? detail]
    })
  )
}

/** The layers of `settle` on these settings. */
export const layers = (flags: SettleFlags, { settings }: LoadedSettings, surroundings: Surroundings) =>
  atWork(settings, surroundings, flags, layer(settings, surroundings))

export const settle = (flags: SettleFlags) =>
  Effect.gen(function* () {
    const place = yield* newRun(yield* CurrentSettings, yield* ThisProcess)
    const settled = yield* settleNow(place)
    const exit = Option.match(settled, { onNone: () => EXIT.ok, onSome: (found) => found.exit })
    const report = toReport(settled)
    const code = yield* printResult(exit, flags.json ? encodeReport(report) : render(report))
    yield* tell(place, Option.none())
    yield* writeMetricsNow(flags.metricsFile, place)
    return code
  }).pipe(guarded("settling", true))
