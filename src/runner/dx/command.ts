import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, type Duration } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Provider } from "../../domain/Provider.ts"
import { traceVariables } from "../../domain/traceContext.ts"
import { Exec } from "../../exec/Exec.ts"
import type { JobRequest } from "../DxRunner.ts"
import { jobEnvironment } from "../jobEnvironment.ts"
import { makeJobTemp } from "../jobTemp.ts"
import { notRun, runnerFailed } from "./failure.ts"
import { reportedJob, statusRows } from "./jobs.ts"
import { judge } from "./judgement.ts"
import { capabilities, type RunnerOutput } from "./output.ts"

/** How dx-runner is called. */
export interface DxRunnerOptions {
  /** The executable: a name looked up on PATH, or an absolute path. */
  readonly command: string
  /** `BEADS_DIR` for dx-runner, absolute. `undefined`: the value in `environment`. */
  readonly beadsDir: string | undefined
  readonly timeouts: {
    /** One preflight. */
    readonly preflight: Duration.DurationInput
    /** The acknowledgement. `start` repeats the preflight before it, so `start` may take `preflight` + `ack`. */
    readonly ack: Duration.DurationInput
    /** One question: status, report, stop. */
    readonly query: Duration.DurationInput
  }
  /** Ask for a commit as proof of work, if the installed revision can do that. */
  readonly requireCommit: boolean
  /** Where temporary directories are made. Absolute. */
  readonly tempDir: string
  /** Added to dx-runner's environment. Its caps are read from here. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

const USAGE = 2

/** `report` prints nothing and ends with 1, both for an unknown bug and when it crashes. */
const silent = ({ exitCode, stdout, stderr }: RunnerOutput) => exitCode === 1 && `${stdout}${stderr}`.trim() === ""

const unreadable = (operation: string) =>
  new RunnerFailed({ operation, detail: "the answer cannot be read", blame: "runner" })

/** dx-runner's command line: every call has the same working directory and environment. */
export const runnerCommand = Effect.fnUntraced(function* (options: DxRunnerOptions) {
  const exec = yield* Exec
  const fs = yield* FileSystem.FileSystem
  const temps = yield* makeJobTemp(options.tempDir)
  const spec = (args: ReadonlyArray<string>, timeout: Duration.DurationInput) => ({
    tool: "agent" as const,
    command: options.command,
    args,
    // Not a git repository: dx-runner would use that in place of a missing worktree.
    cwd: "/",
    env: { ...options.environment, ...(options.beadsDir === undefined ? {} : { BEADS_DIR: options.beadsDir }) },
    timeout
  })
  const run = (args: ReadonlyArray<string>, timeout: Duration.DurationInput) =>
    Effect.flatMap(traceVariables, (trace) => {
      const { env, ...rest } = spec(args, timeout)
      return exec.run({ ...rest, env: { ...env, ...trace } })
    })
  /** A call that runs an agent's own tool, which leaves files in its `TMPDIR`. */
  const runWithTemp = Effect.fnUntraced(function* (args: ReadonlyArray<string>, timeout: Duration.DurationInput) {
    const { env, ...rest } = spec(args, timeout)
    return yield* exec.run({ ...rest, env: { ...env, TMPDIR: yield* temps.forCall } })
  }, Effect.scoped)
  /** dx-runner and its adapters pass the attempt on to all processes of the job. */
  const start = Effect.fnUntraced(function* (
    args: ReadonlyArray<string>,
    timeout: Duration.DurationInput,
    { attempt, onLaunch }: JobRequest
  ) {
    const { env, ...rest } = spec(args, timeout)
    const temp = yield* temps.make(attempt)
    const own = {
      env: { ...env, ...(yield* traceVariables), ...jobEnvironment(attempt, temp) },
      outputDirectory: temp.directory
    }
    return yield* exec.runGated({ ...rest, ...own }, onLaunch)
  })

  const ask = Effect.fn("dx-runner")(function* (args: ReadonlyArray<string>, fine?: (output: RunnerOutput) => boolean) {
    const operation = args[0] ?? ""
    const output = yield* Effect.mapError(run(args, options.timeouts.query), (error) => notRun(operation, error))
    if (output.exitCode === 0 || fine?.(output) === true) return output
    return yield* runnerFailed({ operation }, output, judge("query", output))
  })

  const report = Effect.fn("dx-runner.report")(function* (id: BeadsId) {
    // A dx-runner without `report` prints its usage. The JSON of `check` has no outcome, and its exit code means nothing,
    // but the JSON is enough to find a job.
    const output = yield* ask(["report", "--beads", id, "--format", "json"], silent).pipe(
      Effect.catchIf(
        ({ exitCode }) => exitCode === USAGE,
        () => ask(["check", "--beads", id, "--json"], () => true)
      )
    )
    if (silent(output)) return undefined
    const job = reportedJob(output.stdout)
    if (job === undefined || job.beads !== id) return yield* unreadable("report")
    return job.phase === "gone" && job.runInstance === undefined ? undefined : job
  })

  const status = Effect.fn("dx-runner.status")(function* (...args: ReadonlyArray<string>) {
    const output = yield* ask(["status", "--json", ...args])
    return statusRows(output.stdout) ?? (yield* unreadable("status"))
  })

  const revision = yield* askOnce(Effect.map(ask(["--help"]), ({ stdout }) => capabilities(stdout)))

  return {
    exec,
    fs,
    options,
    temps,
    runWithTemp,
    /** `start`, which begins once the request's `onLaunch` has succeeded. */
    start,
    /** A question. Fails with `RunnerFailed` on every exit code but 0, unless `fine` accepts the answer. */
    ask,
    /** What the installed revision can do. Asked once; a failure is not kept. */
    revision: revision.ask,
    /** The bug's job in `report`. `undefined` if dx-runner knows no job, or crashed without a message. */
    report,
    /** The rows of `status`: every job with a pid file. */
    status: status(),
    /** The bug's row of `status`. `undefined` if there is none. */
    row: (id: BeadsId) => Effect.map(status("--beads", id), (rows) => rows.find(({ job }) => job.beads === id))
  }
})
export type RunnerCommand = Effect.Effect.Success<ReturnType<typeof runnerCommand>>

/** `--model` only if the settings name one: without it dx-runner takes its canonical model. */
export const modelOf = ({ model }: Provider): ReadonlyArray<string> => (model === undefined ? [] : ["--model", model])

/**
 * The arguments of `start`. Always with a worktree that exists: dx-runner would use its working directory, or a
 * repository above the prompt file, in place of a missing one.
 */
export const startArguments = Effect.fn("dx-runner.startArguments")(function* (
  { fs, options, revision }: RunnerCommand,
  { beads, provider, prompt, workspace, repo }: JobRequest
): Effect.fn.Return<ReadonlyArray<string>, RunnerFailed> {
  const info = yield* Effect.option(fs.stat(workspace.path))
  if (!workspace.path.startsWith("/") || Option.isNone(info) || info.value.type !== "Directory") {
    const detail = `the worktree ${workspace.path} is not an absolute path of a directory`
    return yield* new RunnerFailed({ operation: "start", provider: provider.name, detail, blame: "host" })
  }
  const proof = options.requireCommit && (yield* revision).requireCommit
  if (options.requireCommit && !proof) {
    yield* Effect.logWarning("this dx-runner cannot ask for a commit as proof of work, so none is required")
  }
  const job = ["--beads", beads, "--provider", provider.name, "--prompt-file", prompt.path]
  const place = ["--worktree", workspace.path, "--repo", repo]
  return ["start", ...job, ...place, ...modelOf(provider), ...(proof ? ["--require-commit-artifact"] : [])]
})
