import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either, Layer, Option } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import { MAX_PROMPT_BYTES } from "../../domain/PromptFile.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Exec } from "../../exec/Exec.ts"
import { DxRunner, type Capacity } from "../DxRunner.ts"
import { endOfStopped } from "../jobTemp.ts"
import { DEFAULT_CAPS } from "./adapters.ts"
import { runnerCommand, type DxRunnerOptions, type RunnerCommand } from "./command.ts"
import { withDxEnd } from "./jobEnd.ts"
import { NO_METADATA } from "./judgement.ts"
import { preflight } from "./preflight.ts"
import { jobOfBug, runningJobs } from "./processes.ts"
import { startJob } from "./start.ts"
import { endLeftovers, stopJob } from "./stop.ts"

/** dx-runner's own pattern for secret-manager commands, a little wider: also in capitals, also after an underscore. */
const RAW_OP = /(?<![A-Za-z0-9])op[^\S\n]+(?:read|whoami|item[^\S\n]+(?:get|list))/i

const promptRefusal = (prompt: string): string | undefined => {
  const bytes = new TextEncoder().encode(prompt).length
  if (bytes > MAX_PROMPT_BYTES) {
    return `the prompt has ${Math.ceil(bytes / 1024)} KiB; dx-runner passes it as one argument of at most 100 KiB`
  }
  const line = prompt.split("\n").find((line) => RAW_OP.test(line))
  if (line === undefined) return undefined
  return `dx-runner refuses a prompt with a secret-manager command: ${oneLine(line, 120)}`
}

/** dx-runner's cap for each provider, from its environment or its defaults. Left: a cap that dx-runner cannot read. */
const capsIn = (environment: DxRunnerOptions["environment"] = {}): Either.Either<Capacity, string> => {
  const caps = new Map<ProviderName, number>()
  for (const [name, byDefault] of Object.entries(DEFAULT_CAPS)) {
    const variable = `DX_RUNNER_MAX_PARALLEL_${name.toUpperCase().replace("-", "_")}`
    const value = environment[variable] ?? ""
    if (!/^(-?\d{1,6})?$/.test(value)) {
      return Either.left(`${variable} is not a number: ${oneLine(value, 60)}; dx-runner would fail each start`)
    }
    const cap = value === "" ? byDefault : Math.max(0, Number(value))
    // dx-runner counts a gemini job twice, once for its child.
    caps.set(ProviderName.make(name), name === "gemini" ? Math.ceil(cap / 2) : cap)
  }
  return Either.right(caps)
}

/**
 * Fails with `RunnerFailed` when the tracker's `metadata.json` is missing: the newer revision needs it for every command,
 * so no provider can work without it. If the revision is unknown, only dx-runner's own check counts.
 */
const requireMetadata = Effect.fn("dx-runner.requireMetadata")(function* ({
  fs,
  options,
  revision
}: RunnerCommand): Effect.fn.Return<void, RunnerFailed> {
  const { beadsDir, environment = {} } = options
  const home = environment["HOME"] || undefined
  const directory = beadsDir ?? (environment["BEADS_DIR"] || (home && `${home}/.beads-runtime/.beads`))
  if (directory === undefined || environment["DX_ALLOW_NON_CANONICAL_BD_CWD"] === "1") return
  const metadata = yield* Effect.option(fs.stat(`${directory}/metadata.json`))
  if (Option.isSome(metadata) && metadata.value.type === "File") return
  const installed = yield* Effect.option(revision)
  if (Option.isNone(installed) || !installed.value.metadata) return
  const detail = `there is no metadata.json in ${directory} (${NO_METADATA})`
  return yield* new RunnerFailed({ operation: "gate", detail, blame: "config" })
})

const version = ({ exec, options: { command } }: RunnerCommand) =>
  Effect.flatMap(exec.which(command), (path) =>
    path === undefined
      ? new RunnerFailed({ operation: "version", detail: `${command}: command not found`, blame: "config" })
      : Effect.succeed(`dx-runner (${path})`)
  )

const capacity = Effect.fn("DxRunner.capacity")(function* ({ options, revision }: RunnerCommand) {
  if (!(yield* revision).caps) return new Map<ProviderName, number>()
  return yield* Either.mapLeft(
    capsIn(options.environment),
    (detail) => new RunnerFailed({ operation: "capacity", detail, blame: "config" })
  )
})

export const layer = (options: DxRunnerOptions): Layer.Layer<DxRunner, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(
    DxRunner,
    Effect.gen(function* () {
      const runner = yield* runnerCommand(options)
      const { temps } = runner
      const checked = <A, E>(effect: Effect.Effect<A, E>) => Effect.zipRight(requireMetadata(runner), effect)

      // dx-runner has no lock: two starts of one bug at the same time would both launch an agent.
      const oneAtATime = keyedMutex<BeadsId>()

      return DxRunner.of({
        version: version(runner),
        promptRefusal,
        preflight: (provider) => checked(preflight(runner, provider)),
        start: (request) =>
          oneAtATime(request.beads)(checked(startJob(runner, request))).pipe(
            Effect.onError(() => temps.end(request.attempt))
          ),
        job: (id, trace) =>
          checked(jobOfBug(runner, id, trace)).pipe(
            Effect.flatMap((job) => (job === undefined ? Effect.succeed(job) : withDxEnd(job, trace))),
            Effect.zipLeft(trace === undefined ? Effect.void : temps.limit(trace.attempt))
          ),
        running: checked(runningJobs(runner)),
        capacity: capacity(runner),
        stop: (id, trace) => Effect.tap(checked(stopJob(runner, id, trace)), endOfStopped(temps, trace)),
        endLeftovers: (id, trace) => Effect.zipLeft(checked(endLeftovers(runner, id, trace)), temps.end(trace.attempt)),
        // It keeps no record of processes that it cannot see: what it does not list is over.
        abandon: () => Effect.void,
        // Its directory is its own, and other programs use it too.
        oldLogs: () => Effect.succeed([]),
        removeLog: () => Effect.void
      })
    })
  )
