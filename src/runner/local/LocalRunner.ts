import * as FileSystem from "@effect/platform/FileSystem"
import { Context, Effect, Layer, type Duration } from "effect"
import { countsUsage } from "../../domain/Budget.ts"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { MAX_PROMPT_BYTES } from "../../domain/PromptFile.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Exec } from "../../exec/Exec.ts"
import { DxRunner, type JobRequest, type JobTrace } from "../DxRunner.ts"
import { makeJobTemp } from "../jobTemp.ts"
import { withEnd } from "../jobEnd/endOfJob.ts"
import { cliOf } from "../jobEnd/finding.ts"
import { findAlone, makeAlone } from "./alone.ts"
import { ending } from "./ending.ts"
import { toJob } from "./job.ts"
import { runningJobs } from "./jobFiles.ts"
import { jobOfTrace } from "./jobOfTrace.ts"
import { locateAgent } from "./locateAgent.ts"
import { preflightLocally } from "./preflight.ts"
import { sharedWith, type Neighbours, type Shared } from "./neighbours.ts"
import { capOf, presetCaps, presetReports, type Environment } from "./presets.ts"
import { startLocally } from "./start.ts"

/** The options of the local runner. */
export interface LocalRunnerOptions {
  /** Holds the jobs' records and logs, in `jobs/`. Absolute. */
  readonly stateDir: string
  /** Where temporary directories are made. Absolute. */
  readonly tempDir: string
  /** MiB that the log of one job may have. */
  readonly logSize: number
  /** Where the presets find their endpoint, model and token. */
  readonly environment: Environment
  /** How long a tool may take to print its version. */
  readonly preflightTimeout: Duration.Duration
  /** Absent: this runner has the caps of the providers for itself. */
  readonly neighbours?: Neighbours | undefined
}

const promptRefusal = (prompt: string): string | undefined => {
  const bytes = new TextEncoder().encode(prompt).length
  if (prompt.trim() === "") return "the prompt is empty"
  if (prompt.includes("\u0000")) return "the prompt contains a NUL character, so it cannot be an argument of the agent"
  return bytes > MAX_PROMPT_BYTES
    ? `the prompt has ${bytes} bytes; the agent takes it as one argument of at most ${MAX_PROMPT_BYTES}`
    : undefined
}

const readPrompt = Effect.fn("LocalRunner.readPrompt")(function* (request: JobRequest) {
  const fs = yield* FileSystem.FileSystem
  const failed = (detail: string, blame: "issue" | "host") =>
    new RunnerFailed({ operation: "start", provider: request.provider.name, detail, blame })
  const prompt = yield* fs
    .readFileString(request.prompt.path)
    .pipe(Effect.mapError((error) => failed(`prompt file: ${error.message}`, "host")))
  const refusal = promptRefusal(prompt)
  return refusal === undefined ? prompt : yield* failed(refusal, "issue")
})

/** How many jobs this runner may have of each provider at once: what the neighbours' jobs leave of the caps. */
const capacityBeside = (shared: Shared) =>
  Effect.map(Effect.all([CurrentSettings, shared.providers]), ([{ providers }, taken]) => {
    const caps = new Map([
      ...presetCaps.map(([name, cap]) => [ProviderName.make(name), cap] as const),
      ...providers.map((provider) => [provider.name, capOf(provider)] as const)
    ])
    for (const name of taken) caps.set(name, Math.max(0, (caps.get(name) ?? 0) - 1))
    return caps
  })

const make = Effect.fn("LocalRunner.make")(function* ({
  stateDir,
  tempDir,
  logSize,
  environment,
  preflightTimeout,
  neighbours
}: LocalRunnerOptions) {
  // Not the whole context: that would make every later span a child of the current one.
  const tools = Context.pick(FileSystem.FileSystem, Exec)(yield* Effect.context<FileSystem.FileSystem | Exec>())
  const temps = yield* makeJobTemp(tempDir)
  const root = `${stateDir}/jobs`
  const alone = yield* makeAlone(root)
  const shared = sharedWith(neighbours, stateDir)

  const find = (id: BeadsId) => findAlone(root, alone, id)

  const start = Effect.fn("LocalRunner.start")(function* (request: JobRequest) {
    const prompt = yield* readPrompt(request)
    const usage = countsUsage((yield* CurrentSettings).limits)
    const assignment = { prompt, promptFile: request.prompt.path, worktree: request.workspace.path, usage }
    const { agent } = yield* locateAgent(request.provider, environment, assignment)
    const started = Effect.flatMap(shared.providers, (taken) =>
      startLocally({ root, temps, logSize }, request, { agent, taken })
    )
    return yield* shared.alone(alone("start", started))
  }, Effect.provide(tools))

  const job = Effect.fn("LocalRunner.job")(function* (id: BeadsId, trace?: JobTrace) {
    const recorded = yield* find(id)
    const known = recorded === undefined ? undefined : yield* withEnd(toJob(recorded), cliOf(recorded.record.command))
    const complete = recorded !== undefined && recorded.record.attempt === trace?.attempt
    if (trace === undefined || complete || (known !== undefined && isLive(known))) return known
    return (yield* jobOfTrace(id, trace)) ?? known
  }, Effect.provide(tools))

  return DxRunner.of({
    version: Effect.succeed("local processes"),
    promptRefusal,
    reportsUsage: presetReports,
    preflight: (provider) => Effect.provide(preflightLocally(provider, environment, preflightTimeout, temps), tools),
    start,
    job,
    running: Effect.map(runningJobs(root, find), (jobs) => jobs.map(toJob)).pipe(Effect.provide(tools)),
    capacity: Effect.provide(capacityBeside(shared), tools),
    ...ending({ root, temps, alone, of: "", concerns: () => true, tools })
  })
})

export const layer = (options: LocalRunnerOptions): Layer.Layer<DxRunner, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(DxRunner, make(options))
