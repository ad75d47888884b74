import * as Command from "@effect/cli/Command"
import { Effect, Schema } from "effect"
import { Attempt } from "../../domain/Attempt.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { ensureWatcher } from "../../domain/Watching.ts"
import { layer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { watch, WatchEnd, type WatchReport } from "../../watch/watch.ts"
import { configured } from "../Configuration.ts"
import { telling } from "../alerting.ts"
import { guarded } from "../guarded.ts"
import { attemptCells } from "../rendering/attempt.ts"
import { table } from "../../report/text/table.ts"
import { json, repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { outdatedSince } from "../watcher/outdated.ts"
import { writeAfterJobs, writeMetricsNow } from "../telemetry/metrics.ts"
import { metricsFile } from "../telemetry/metricsOption.ts"
import { atWork } from "../watcher/atWork.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

/** What `watch --json` prints at the end. */
const Report = Schema.Struct({
  end: WatchEnd,
  /** The end in words. */
  detail: Schema.String,
  /** The attempts that were settled. */
  settled: Schema.Array(Attempt)
})
const encodeReport = jsonDocument(Report)

const render = ({ detail, settled }: WatchReport): string =>
  settled.length === 0
    ? detail
    : `${table(
        ["bug", "attempt", "end", "detail"],
        settled.map(({ attempt }) => attemptCells(attempt))
      )}\n${detail}`

export const watchCommand = Command.make("watch", { json, repo, metricsFile }, (flags) =>
  Effect.gen(function* () {
    const [settings, process] = yield* Effect.all([CurrentSettings, ThisProcess])
    const { isOutdated } = yield* outdatedSince(process.program)
    const place = yield* newRun(settings, process)
    yield* writeAfterJobs(flags.metricsFile, place)
    const report = yield* watch({ ...place, isOutdated }).pipe(telling(place, flags.repo))
    if (report.end === "outdated" && report.mayBeLeft) yield* ensureWatcher
    const settled = report.settled.map(({ attempt }) => attempt)
    const code = yield* printResult(EXIT.ok, flags.json ? encodeReport({ ...report, settled }) : render(report))
    yield* writeMetricsNow(flags.metricsFile, place)
    return code
  }).pipe(guarded("watcher", false))
).pipe(
  Command.withDescription(
    "Stay while jobs run: renew their claims, settle each when it ends. `run` and `settle` start this by themselves"
  ),
  Command.provide((given) =>
    configured(({ settings }, surroundings) => atWork(settings, surroundings, given, layer(settings, surroundings)), {
      flags: repoSetting(given.repo)
    })
  )
)
