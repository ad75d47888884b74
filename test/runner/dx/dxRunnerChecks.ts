import { assert, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Duration, Effect, Either, Layer, Logger, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { AckTimedOut, JournalFailed, PreflightFailed, RunnerFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import type { Provider } from "../../../src/domain/Provider.ts"
import { Exec, ProcessIdentity, type ExecResult, type ExecSpec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import type { DxRunnerOptions } from "../../../src/runner/dx/command.ts"
import * as DxRunnerCli from "../../../src/runner/dx/DxRunnerCli.ts"
import { eventually, newAttempt } from "../../contract/support.ts"
import { makeDxWorld, provider, type DxWorld, type DxWorldOptions } from "./dxRunnerWorld.ts"

export const id = BeadsId.make("bd-a1b2")
export const opencode = provider("opencode", "slow")
/** A start that hangs is ended after this. The fake itself needs a fraction of it. */
export const SHORT: NonNullable<DxWorldOptions["timeouts"]> = { preflight: "1 second", ack: "1 second" }
/** The same for a fake that hangs at once. */
export const SHORTER: NonNullable<DxWorldOptions["timeouts"]> = { preflight: "200 millis", ack: "100 millis" }

export type Runner = DxRunner["Type"]
export type Body<A, E> = (runner: Runner, world: DxWorld) => Effect.Effect<A, E, Scope.Scope>

export const on = <A, E>(options: DxWorldOptions, body: Body<A, E>) =>
  Effect.flatMap(makeDxWorld(options), (world) =>
    Effect.flatMap(DxRunner, (runner) => body(runner, world)).pipe(
      Effect.provide(Layer.merge(world.layer, Logger.remove(Logger.defaultLogger)))
    )
  )

export const check = <A, E>(what: string, options: DxWorldOptions, body: Body<A, E>) =>
  it.scopedLive(what, () => on(options, body), 60_000)

export const start = (runner: Runner, world: DxWorld, use: Provider = opencode, previousRun?: string) =>
  runner.start(world.request(id, use, undefined, previousRun))

/** Waits for the end of the job, and returns what the layer says of it. */
export const ended = (runner: Runner, world: DxWorld) =>
  Effect.zipRight(
    world.jobEnded,
    eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
  )

/** A request in a directory that exists, without a world. */
export const requestIn = (directory: string, use: Provider) => ({
  beads: id,
  provider: use,
  prompt: { beads: id, path: `${directory}/p` },
  workspace: { path: directory, reused: false },
  repo: "repo",
  previousRun: undefined,
  attempt: newAttempt(),
  onLaunch: () => Effect.void
})

export const startFails = (runner: Runner, world: DxWorld, use: Provider = opencode, previousRun?: string) =>
  Effect.map(Effect.either(start(runner, world, use, previousRun)), failureOf)

export const failureOf = <A, E>(result: Either.Either<A, E>): E =>
  Either.isLeft(result) ? result.left : assert.fail(`expected a failure, got ${JSON.stringify(result.right)}`)

export const facts = (error: AckTimedOut | JournalFailed | PreflightFailed | RunnerFailed) =>
  `${error._tag} ${error.blame}`

/** A tracker's directory with the metadata that the newer revision requires. */
export const BEADS = path.join(import.meta.dirname, "../../fixtures/dx-runner/beads")

/** The layer on an `Exec` that answers by the command's first argument, and the calls it got. */
export const scripted = (
  answers: Readonly<Record<string, string | Partial<ExecResult>>>,
  options: Partial<DxRunnerOptions> = {},
  alive = true
) => {
  const asked: Array<ExecSpec> = []
  const run = (spec: ExecSpec) =>
    Effect.sync(() => {
      asked.push(spec)
      const answer = answers[spec.args[0] ?? ""] ?? ""
      const output = typeof answer === "string" ? { stdout: answer, exitCode: answer === "" ? 1 : 0 } : answer
      return { exitCode: 0, signal: undefined, stdout: "", stderr: "", duration: Duration.zero, ...output }
    })
  const process = (pid: number) => ProcessIdentity.make({ pid, startedAt: "1", boot: "1" })
  const exec = Layer.mock(Exec, {
    jobProcesses: () => Effect.succeed({ roots: [], working: [], doubtful: [], elsewhere: [] }),
    identify: (pid) => Effect.succeed(alive ? process(pid) : undefined),
    run,
    runGated: (spec, gate) => Effect.zipRight(gate(process(4700), undefined), run(spec))
  })
  const layer = DxRunnerCli.layer({
    command: "dx-runner",
    beadsDir: BEADS,
    tempDir: os.tmpdir(),
    timeouts: { preflight: "60 seconds", ack: "30 seconds", query: "30 seconds" },
    requireCommit: false,
    ...options
  }).pipe(Layer.provide(Layer.merge(exec, NodeFileSystem.layer)))
  return { asked, layer }
}

export const started = "=== Preflight PASSED ===\nstarted beads=bd-a1b2 provider=opencode pid=4711 log=/tmp/x.log\n"

/** A pid file of an hour ago that names a process started now. */
export const staleJob = (world: DxWorld) =>
  Effect.gen(function* () {
    const exec = yield* Exec
    world.request(id, opencode)
    const log = path.join(world.root, "stranger.log")
    const stranger = yield* Effect.acquireRelease(
      exec.launch({ tool: "agent", command: "sleep", args: ["30"], cwd: "/", logFile: log }),
      (process) => exec.endGroup(process, "100 millis")
    )
    const directory = path.join(world.root, "state/opencode")
    fs.mkdirSync(directory, { recursive: true })
    fs.writeFileSync(
      path.join(directory, `${id}.meta`),
      "started_at=2026-01-01T00:00:00Z\nrun_instance=old\nworktree=-\nrequire_commit_artifact=0\n"
    )
    fs.writeFileSync(path.join(directory, `${id}.pid`), `${stranger.pid}\n`)
    const hourAgo = Date.now() / 1000 - 3600
    fs.utimesSync(path.join(directory, `${id}.pid`), hourAgo, hourAgo)
    return { alive: Effect.map(exec.liveness(stranger), (liveness) => liveness === "alive") }
  }).pipe(Effect.provide(NodeExec.layer))
