import { Context, Duration, Effect, Layer, Ref } from "effect"
import {
  Exec,
  ExecNotStarted,
  ExecOutputTooLarge,
  ExecTimedOut,
  ProcessIdentity,
  type ExecError,
  type ExecResult,
  type ExecSpec,
  type ForegroundSpec,
  type Gate,
  type JobTraits
} from "../exec/Exec.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Exec["Type"]

/** The result of a command (by default exit code 0 and no output), or an Effect of it. */
export type FakeReply = Partial<ExecResult> | Effect.Effect<Partial<ExecResult>, ExecError>

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeExecScript {
  /** The reply to each command line; `undefined` for a command that does not exist. */
  readonly run?: (
    argv: readonly [command: string, ...args: ReadonlyArray<string>],
    spec: ExecSpec
  ) => FakeReply | undefined
  /** The exit code of each command on the terminal; `undefined` for a command that does not exist. */
  readonly foreground?: (spec: ForegroundSpec) => number | undefined
  /** The installed commands: path by name. */
  readonly installed?: Readonly<Record<string, string>>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The state behind `FakeExec`: the commands that were run, and the launched processes.
 *
 * @example
 * const state = yield* FakeExecState
 * assert.deepInclude(yield* state.argvs, ["bd", "show", "bd-1", "--json"])
 */
export class FakeExecState extends Context.Tag("nightly-dispatch/testing/FakeExecState")<
  FakeExecState,
  FakeControls<Service> & {
    /** The command lines of `run`, in order. */
    readonly argvs: Effect.Effect<ReadonlyArray<ReadonlyArray<string>>>
    /** The launched processes that still run. */
    readonly alive: Effect.Effect<ReadonlyArray<ProcessIdentity>>
    /** Ends a launched process, as if it ended by itself. */
    readonly exit: (pid: number) => Effect.Effect<void>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`. The id is the command.
 *
 * @example
 * FakeExec.on("run", "bd").delays("5 seconds")
 */
export const { after, on } = faultsOf<Service>()

const missing = (command: string) => new ExecNotStarted({ command, reason: "not_found", detail: "no such command" })

const silent: ExecResult = { exitCode: 0, signal: undefined, stdout: "", stderr: "", duration: Duration.zero }

const resultOf = (script: FakeExecScript, spec: ExecSpec): Effect.Effect<ExecResult, ExecError> => {
  const { command, args, maxOutput = 8 * 1024 * 1024 } = spec
  const reply = script.run?.([command, ...args], spec)
  if (reply === undefined) return Effect.fail(missing(command))
  return (Effect.isEffect(reply) ? reply : Effect.succeed(reply)).pipe(
    Effect.map((result): ExecResult => ({ ...silent, ...result })),
    Effect.filterOrFail(
      ({ stdout, stderr }) => Math.max(stdout.length, stderr.length) <= maxOutput,
      () => new ExecOutputTooLarge({ command, limit: maxOutput })
    )
  )
}
const timedOut = ({ command, timeout }: ExecSpec) =>
  new ExecTimedOut({ command, timeoutMs: Duration.toMillis(timeout), stdout: "", stderr: "" })

/** The launched processes in memory. */
const makeProcesses = Effect.gen(function* () {
  const processes = yield* Ref.make({ launched: 0, alive: new Map<number, ProcessIdentity>() })
  const end = (pid: number) =>
    Ref.update(processes, (all) => ({ ...all, alive: new Map([...all.alive].filter(([key]) => key !== pid)) }))
  const launch = Ref.modify(processes, ({ launched, alive }) => {
    const process = new ProcessIdentity({ pid: 4001 + launched, startedAt: `${launched + 1}`, boot: "fake" })
    return [process, { launched: launched + 1, alive: new Map(alive).set(process.pid, process) }]
  })
  const identify = (pid: number) => Effect.map(Ref.get(processes), ({ alive }) => alive.get(pid))
  const isAlive = ({ pid, startedAt }: ProcessIdentity) =>
    Effect.map(identify(pid), (process) => process?.startedAt === startedAt)
  /** A job's processes are its launcher and its starter. */
  const ofJob = ({ launcher, starter }: JobTraits) =>
    Effect.map(
      Effect.filter(
        [launcher, starter].filter((process) => process !== undefined),
        isAlive
      ),
      (alive) => ({ roots: alive.map(({ pid }) => `pid ${pid}`), working: [], doubtful: [], elsewhere: [] })
    )
  const endJob = (job: JobTraits) =>
    Effect.zipRight(
      Effect.forEach([job.launcher, job.starter], (process) =>
        process === undefined ? Effect.void : end(process.pid)
      ),
      ofJob(job)
    )
  return { processes, end, endJob, launch, identify, isAlive, ofJob }
})

/**
 * Commands without processes, for tests of a layer that calls a tool: `run` gives each command's result. The limits of
 * `ExecSpec` apply, so a command with the fault `hangs` times out on Effect's Clock.
 *
 * @example
 * const exec = FakeExec.layer({
 *   run: ([command, ...args]) =>
 *     command === "bd" && args.includes("list") ? { stdout: "[]" } : { exitCode: 1, stderr: "Error: no" }
 * })
 */
export const layer = (script: FakeExecScript = {}): Layer.Layer<Exec | FakeExecState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { end, endJob, identify, isAlive, launch, ofJob, processes } = yield* makeProcesses
      const { call, controls } = yield* makeControls<Service>("Exec", script.faults)

      const run: Service["run"] = (spec) =>
        Effect.suspend(() => resultOf(script, spec)).pipe(
          call("run", spec.command, [spec]),
          Effect.timeoutFail({ duration: spec.timeout, onTimeout: () => timedOut(spec) })
        )
      const behind = <E>(gate: Gate<E>) =>
        Effect.tap(launch, (process) => Effect.tapError(gate(process, undefined), () => end(process.pid)))
      const service: Service = {
        run,
        // Its gate passes before the call is recorded as `run`.
        runGated: (spec, gate) => Effect.flatMap(behind(gate), ({ pid }) => Effect.ensuring(run(spec), end(pid))),
        foreground: (spec) =>
          Effect.suspend(() => {
            const exit = script.foreground?.(spec)
            return exit === undefined ? Effect.fail(missing(spec.command)) : Effect.succeed(exit)
          }).pipe(call("foreground", spec.command, [spec])),
        launch: (spec) => launch.pipe(call("launch", spec.command, [spec])),
        launchGated: (spec, gate) =>
          Effect.tap(behind(gate), (process) => Effect.succeed(process).pipe(call("launch", spec.command, [spec]))),
        identify: (pid) => identify(pid).pipe(call("identify", undefined, [pid])),
        liveness: (process) =>
          Effect.map(isAlive(process), (alive) => (alive ? "alive" : "dead")).pipe(
            call("liveness", undefined, [process])
          ),
        jobProcesses: (job) => ofJob(job).pipe(call("jobProcesses", undefined, [job])),
        endJob: (job, part, killAfter) => endJob(job).pipe(call("endJob", undefined, [job, part, killAfter])),
        endGroup: (process, killAfter) =>
          isAlive(process).pipe(
            Effect.tap((alive) => (alive ? end(process.pid) : Effect.void)),
            Effect.as(true),
            call("endGroup", undefined, [process, killAfter])
          ),
        which: (command) => Effect.sync(() => script.installed?.[command]).pipe(call("which", command, [command]))
      }

      return Context.make(Exec, service).pipe(
        Context.add(FakeExecState, {
          ...controls,
          argvs: Effect.map(controls.calls, (calls) =>
            calls.flatMap((each) => (each.method === "run" ? [[each.args[0].command, ...each.args[0].args]] : []))
          ),
          alive: Effect.map(Ref.get(processes), ({ alive }) => [...alive.values()]),
          exit: end
        })
      )
    })
  )
