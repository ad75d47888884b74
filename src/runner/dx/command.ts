import { Effect, type Context, type Duration } from "effect"
import { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Job } from "../../domain/Job.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Exec, ExecError, ExecResult } from "../../exec/Exec.ts"
import { reportedJob, statusRows, type StatusRow } from "./jobs.ts"
import { codeIn, type RunnerOutput } from "./lines.ts"
import { failureReason, preflightReason, transcript } from "./output.ts"
import { reactionTo, type Reaction } from "./reactions.ts"

/** How dx-runner is called. */
export interface DxRunnerOptions {
  /** The executable: a name looked up on PATH, or an absolute path. */
  readonly command: string
  /** `BEADS_DIR` for the runner: absolute. Absent: whatever the environment says. */
  readonly beadsDir: string | undefined
  readonly timeouts: {
    /** One preflight. */
    readonly preflight: Duration.DurationInput
    /** The acknowledgement itself; `start` repeats the preflight inside and may take both. */
    readonly ack: Duration.DurationInput
    /** One question: status, report, stop. */
    readonly query: Duration.DurationInput
  }
  /** Ask for a commit as proof of work, where the installed revision knows how. */
  readonly requireCommit: boolean
  /** Where it runs; outside any git repository, which it would take for a missing worktree. Default `/`. */
  readonly cwd?: string
  /** What the runner finds in its environment on top of ours. Its caps are read from here. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** dx-runner's command line, and its answers to questions. */
export interface RunnerCommand {
  readonly run: (args: ReadonlyArray<string>, timeout: Duration.DurationInput) => Effect.Effect<ExecResult, ExecError>
  /** A question: fails on every exit code but 0, unless the answer is `fine` all the same. */
  readonly ask: (
    args: ReadonlyArray<string>,
    fine?: (output: RunnerOutput) => boolean
  ) => Effect.Effect<ExecResult, RunnerFailed>
  /** The job by `report`; nothing when the runner knows of none. */
  readonly report: (id: BeadsId) => Effect.Effect<Job | undefined, RunnerFailed>
  /** The rows of `status`: everything that has a process. */
  readonly status: () => Effect.Effect<ReadonlyArray<StatusRow>, RunnerFailed>
  /** The row of one issue. */
  readonly row: (id: BeadsId) => Effect.Effect<StatusRow | undefined, RunnerFailed>
}

/** A command that did not run to its own end. */
export const notRun = (operation: string, error: ExecError): RunnerFailed => {
  const misplaced = error._tag === "ExecNotStarted" && /^not_(found|executable)$/.test(error.reason)
  return new RunnerFailed({
    operation,
    detail: error.message,
    blame: misplaced ? "config" : error._tag === "ExecNotStarted" ? "host" : "runner"
  })
}

const withHint = (reason: string, hint: string | undefined): string =>
  hint === undefined ? reason : `${reason} (${hint})`

/** The failure that a reaction makes of a refusal. */
export const refused = (
  operation: string,
  provider: ProviderName,
  output: RunnerOutput,
  reaction: Reaction
): PreflightFailed | RunnerFailed =>
  reaction.tag === "RunnerFailed"
    ? new RunnerFailed({
        operation,
        provider,
        detail: withHint(failureReason(output), reaction.hint),
        exitCode: output.exitCode,
        ...codeIn(output),
        capacity: reaction.capacity ?? false,
        blame: reaction.blame
      })
    : new PreflightFailed({
        provider,
        // A start that came through its preflight gives its reason elsewhere.
        detail: withHint(
          /^=== Preflight FAILED/m.test(output.stdout) || operation === "preflight"
            ? preflightReason(output)
            : failureReason(output),
          reaction.hint
        ),
        lines: transcript(output.stdout).lines,
        ...codeIn(output),
        blame: reaction.blame
      })

const unreadable = (operation: string): RunnerFailed =>
  new RunnerFailed({ operation, detail: "the answer cannot be read", blame: "runner" })

const USAGE = 2

/** Of an issue it does not know `report` says nothing at all, with exit code 1. */
const knowsNone = ({ exitCode, stdout, stderr }: RunnerOutput): boolean =>
  exitCode === 1 && `${stdout}${stderr}`.trim() === ""

/** The command line over `exec`: one working directory and one environment for every call. */
export const runnerCommand = (exec: Context.Tag.Service<Exec>, options: DxRunnerOptions): RunnerCommand => {
  const run: RunnerCommand["run"] = (args, timeout) =>
    exec.run({
      command: options.command,
      args,
      cwd: options.cwd ?? "/",
      env: { ...options.environment, ...(options.beadsDir === undefined ? {} : { BEADS_DIR: options.beadsDir }) },
      timeout
    })

  const ask = Effect.fn("dx-runner")(function* (args: ReadonlyArray<string>, fine?: (output: RunnerOutput) => boolean) {
    const operation = args[0] ?? ""
    const output = yield* Effect.mapError(run(args, options.timeouts.query), (error) => notRun(operation, error))
    if (output.exitCode === 0 || fine?.(output) === true) return output
    const { blame, hint } = reactionTo("query", output)
    return yield* new RunnerFailed({
      operation,
      detail: withHint(failureReason(output), hint),
      exitCode: output.exitCode,
      ...codeIn(output),
      blame
    })
  })

  const report = Effect.fn("dx-runner.report")(function* (id: BeadsId) {
    // A runner without the command answers with its usage. `check` says less, and its exit code says nothing, but its
    // JSON is enough to find a job.
    const output = yield* ask(["report", "--beads", id, "--format", "json"], knowsNone).pipe(
      Effect.catchIf(
        ({ exitCode }) => exitCode === USAGE,
        () => ask(["check", "--beads", id, "--json"], () => true)
      )
    )
    if (knowsNone(output)) return undefined
    const job = reportedJob(output.stdout)
    if (job === undefined || job.beads !== id) return yield* unreadable("report")
    return job.phase === "gone" && job.runInstance === undefined ? undefined : job
  })

  const rows = Effect.fn("dx-runner.status")(function* (args: ReadonlyArray<string>) {
    const output = yield* ask(["status", "--json", ...args])
    return statusRows(output.stdout) ?? (yield* unreadable("status"))
  })
  const status = () => rows([])
  const row = (id: BeadsId) => Effect.map(rows(["--beads", id]), (found) => found.find(({ job }) => job.beads === id))

  return { run, ask, report, status, row }
}
