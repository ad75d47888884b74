import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer, type Duration } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { MAX_PROMPT_BYTES } from "../../domain/PromptFile.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Exec } from "../../exec/Exec.ts"
import { withFileLock } from "../../exec/FileLock.ts"
import { DxRunner, type JobRequest } from "../DxRunner.ts"
import { jobOf } from "./job.ts"
import { localJobs, ownServices } from "./jobs.ts"
import { localPreflight, locateAgent } from "./preflight.ts"
import { localStart } from "./start.ts"
import { capOf, presetCaps, type Environment } from "./presets.ts"

/** What the local runner is told. */
export interface LocalRunnerOptions {
  /** Where the runs' records and logs are, below `jobs/`. Absolute. */
  readonly stateDir: string
  /** Where the presets find their endpoint, model and token. */
  readonly environment: Environment
  /** How long a tool may take to say its version. */
  readonly preflightTimeout: Duration.Duration
}

const promptRefusal = (prompt: string): string | undefined => {
  const bytes = new TextEncoder().encode(prompt).length
  if (prompt.trim() === "") return "the prompt is empty"
  if (prompt.includes("\u0000")) return "the prompt holds a NUL character, which no argument can"
  return bytes > MAX_PROMPT_BYTES
    ? `the prompt has ${bytes} bytes; the agent takes it as one argument of at most ${MAX_PROMPT_BYTES}`
    : undefined
}

const promptOf = Effect.fn("LocalRunner.promptOf")(function* (request: JobRequest) {
  const fs = yield* FileSystem.FileSystem
  const failed = (detail: string, blame: "issue" | "host") =>
    new RunnerFailed({ operation: "start", provider: request.provider.name, detail, blame })
  const prompt = yield* fs
    .readFileString(request.prompt.path)
    .pipe(Effect.mapError((error) => failed(`prompt file: ${error.message}`, "host")))
  const reason = promptRefusal(prompt)
  return reason === undefined ? prompt : yield* failed(reason, "issue")
})

const capacity = Effect.map(
  CurrentSettings,
  ({ providers }) =>
    new Map([
      ...presetCaps.map(([name, cap]) => [ProviderName.make(name), cap] as const),
      ...providers.map((provider) => [provider.name, capOf(provider)] as const)
    ])
)

const make = Effect.fn("LocalRunner.make")(function* (options: LocalRunnerOptions) {
  const services = yield* ownServices
  const exec = yield* Exec
  const jobs = yield* localJobs(options.stateDir)
  const mutex = yield* Effect.makeSemaphore(1)

  /** Alone on this host: in this process by the semaphore, among processes by the file. */
  const alone =
    (operation: string) =>
    <A>(effect: Effect.Effect<A, RunnerFailed>): Effect.Effect<A, RunnerFailed> =>
      jobs.lock.pipe(
        Effect.flatMap((lock) => withFileLock(lock)(effect)),
        Effect.catchTag(
          "FileLockFailed",
          ({ message }) => new RunnerFailed({ operation, detail: message, blame: "host" })
        ),
        Effect.provide(services),
        mutex.withPermits(1)
      )

  /** A run whose supervisor is not on record is being started, or never will be: nobody holding the lock tells which. */
  const look = Effect.fn("LocalRunner.look")(function* (id: BeadsId) {
    const known = yield* jobs.find(id)
    return known !== undefined && known.process === undefined ? yield* alone(`job ${id}`)(jobs.find(id)) : known
  })

  const start = Effect.fn("LocalRunner.start")(function* (request: JobRequest) {
    const prompt = yield* promptOf(request)
    const { agent } = yield* locateAgent(request.provider, options.environment, {
      prompt,
      promptFile: request.prompt.path,
      worktree: request.workspace.path
    })
    return yield* alone("start")(Effect.provide(localStart(jobs, request, agent), services))
  }, Effect.provide(services))

  const stop = Effect.fn("LocalRunner.stop")(function* (id: BeadsId) {
    const known = yield* jobs.find(id)
    if (known?.process === undefined || known.exit !== undefined) return true
    if (known.alive) yield* jobs.markStopped(known)
    return yield* exec.endGroup(known.process)
  }, Effect.uninterruptible)

  return DxRunner.of({
    version: Effect.succeed("local processes"),
    promptRefusal,
    preflight: (provider) =>
      Effect.provide(localPreflight(provider, options.environment, options.preflightTimeout), services),
    start,
    job: Effect.fn("LocalRunner.job")(function* (id: BeadsId) {
      const known = yield* look(id)
      return known === undefined ? undefined : jobOf(known)
    }),
    running: Effect.map(jobs.running(look), (all) => all.map(jobOf)),
    capacity,
    stop: (id) => alone(`stop ${id}`)(stop(id))
  })
})

/**
 * The embedded runner: starts a provider's own command line tool as a process of its own that outlives us, in its
 * worktree, with its log, exit code and state on disk, where any later process finds them. Never answers `late` or
 * `AckTimedOut`: a launch is one call of the system. Never answers `no_op`: it does not look into worktrees.
 *
 * @example
 * LocalRunner.layer({ stateDir, environment: process.env, preflightTimeout: Duration.seconds(60) })
 */
export const layer = (
  options: LocalRunnerOptions
): Layer.Layer<DxRunner, never, Exec | FileSystem.FileSystem | Path.Path> => Layer.effect(DxRunner, make(options))
