import { Effect, Option } from "effect"
import { PreflightFailed, type RunnerFailed } from "../../domain/Failure.ts"
import type { PreflightReport, Provider } from "../../domain/Provider.ts"
import { modelOf, type RunnerCommand } from "./command.ts"
import { failureOf, notRun } from "./failure.ts"
import { freeAtOf } from "../jobEnd/endOfJob.ts"
import { lastLines } from "../jobEnd/readEnd.ts"
import { LIMIT_UNTIL } from "../jobEnd/rows.ts"
import { judge } from "./judgement.ts"
import { transcript, type RunnerOutput } from "./output.ts"

/** A warning if dx-runner will not use the model of the settings. Some preflights name no model. */
const modelWarning = Effect.fnUntraced(function* (
  { model }: Provider,
  models: ReadonlyArray<string>,
  revision: RunnerCommand["revision"]
) {
  if (model === undefined || models.includes(model)) return []
  if (models.length > 0) return [`asked for model ${model}, dx-runner checked ${models.join(", ")}`]
  const installed = yield* Effect.option(revision)
  return Option.isSome(installed) && !installed.value.model ? [`this dx-runner ignores the model ${model}`] : []
})

/** A preflight passes although its probe had no answer: a model that refuses every request (401, 429) looks like that. */
const doubtIn = (warnings: ReadonlyArray<string>): string | undefined => {
  const probe = warnings.find((warning) => /^\w*_probe_/.test(warning))
  return probe === undefined ? undefined : `its model did not answer the probe of dx-runner: ${probe}`
}

/** The line that tells of a limit and of its end; `undefined` if there is none. */
const limitIn = ({ stderr, stdout }: RunnerOutput): string | undefined =>
  lastLines(`${stdout}\n${stderr}`).findLast((line) => LIMIT_UNTIL.test(line))

/** `DxRunner.preflight`. */
export const preflight = Effect.fn("DxRunner.preflight")(function* (
  { runWithTemp, options, revision }: RunnerCommand,
  provider: Provider
): Effect.fn.Return<PreflightReport, PreflightFailed | RunnerFailed> {
  const args = ["preflight", "--provider", provider.name, ...modelOf(provider)]
  const output = yield* runWithTemp(args, options.timeouts.preflight).pipe(
    Effect.mapError((error) => {
      if (error._tag === "RunnerFailed") return error
      if (error._tag === "ExecNotStarted") return notRun("preflight", error)
      const late = error._tag === "ExecTimedOut"
      const { lines } = transcript(late ? error.stdout : "")
      const detail = late ? `Preflight check timed out: ${error.message}` : error.message
      return new PreflightFailed({ provider: provider.name, detail, lines, blame: "provider" })
    })
  )
  if (output.exitCode !== 0) {
    const failure = failureOf("preflight", provider.name, output, judge("preflight", output))
    if (failure._tag === "RunnerFailed" || failure.blame !== "provider") return yield* failure
    return yield* new PreflightFailed({ ...failure, freeAt: yield* freeAtOf({}, limitIn(output)) })
  }
  const { lines, warnings, models } = transcript(output.stdout)
  const ignored = yield* modelWarning(provider, models, revision)
  const doubt = doubtIn(warnings)
  return { provider: provider.name, lines, warnings: [...warnings, ...ignored], doubt, duration: output.duration }
})
