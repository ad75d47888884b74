import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { prune } from "../../dispatch/prune/prune.ts"
import type { Part } from "../../dispatch/settle/settleEarlier.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { PruneReport } from "../../domain/PruneReport.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { forOneJob } from "../../journal/exclusively.ts"
import { dryLayer, layer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { notDone } from "../exit.ts"
import { guarded } from "../guarded.ts"
import { renderPrune } from "../rendering/prune.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Print what would be removed and what would stay; remove nothing")
)

const Report = Schema.Struct({
  /** False if a run is active; nothing was removed then. */
  pruned: Schema.Boolean,
  report: Schema.optional(PruneReport)
})
const encodeReport = jsonDocument(Report)

const all = { limit: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY }

export const pruneCommand = Command.make("prune", { dryRun, json }, (flags) =>
  Effect.gen(function* () {
    const settings = yield* CurrentSettings
    const options = yield* newRun(settings, yield* ThisProcess)
    // Bug by bug, so that a run does not wait for all of them. A dry run changes nothing, so it needs no lock.
    const part: Part = flags.dryRun ? Effect.asSome : (work) => forOneJob(options.run, work)
    const report = Option.getOrUndefined(yield* prune(options, { ...all, dryRun: flags.dryRun }, part))
    const result = { pruned: report !== undefined && !report.dryRun, report }
    const text = report === undefined ? "another run is active: nothing was removed" : renderPrune(report, settings)
    return yield* printResult(EXIT.ok, flags.json ? encodeReport(result) : text)
  }).pipe(
    withLimits,
    guarded("pruning", false),
    Effect.catchTag("RunnerFailed", notDone("it is unknown which jobs run"))
  )
).pipe(
  Command.withDescription("Remove what is old: see retention in the settings. Each run does it too, once a day"),
  Command.provide(({ dryRun }) =>
    configured(({ settings }, surroundings) => (dryRun ? dryLayer : layer)(settings, surroundings))
  )
)
