import { Deferred, Duration, Effect, Fiber, Layer, type Scope } from "effect"
import { constants as fsConstants } from "node:fs"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { childEnvironment, type EnvironmentPolicy } from "./childEnvironment.ts"
import { notStarted, requireDirectory, start, type Child, type Complete } from "./children.ts"
import {
  Exec,
  type ExecNotStarted,
  ExecOutputTooLarge,
  ExecTimedOut,
  ProcessIdentity,
  type ExecError,
  type ExecResult,
  type ExecSpec,
  type LaunchSpec
} from "./Exec.ts"
import { endProcessGroup } from "./processGroup.ts"
import { processTable } from "./processTable.ts"
import { scratchFile } from "./scratchFile.ts"

const DEFAULT_KILL_AFTER = Duration.seconds(2)
const DEFAULT_MAX_OUTPUT = 8 * 1024 * 1024
const OUTPUT_CHECK = Duration.millis(100)

/** Spawned in the scope: closing it ends the group, unless the child ended by itself with exit code 0. */
const scopedChild = (
  spec: ExecSpec & Complete,
  stdout: number,
  stderr: number
): Effect.Effect<Child, ExecNotStarted, Scope.Scope> =>
  Effect.acquireRelease(start(spec, stdout, stderr), (child) =>
    Effect.gen(function* () {
      const ended = yield* Deferred.poll(child.exited)
      const code = ended._tag === "Some" ? (yield* ended.value).code : null
      if (code !== 0) yield* endProcessGroup(child.pid, spec.killAfter ?? DEFAULT_KILL_AFTER)
    })
  )

const exitCodeOf = (end: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): number =>
  end.code ?? 128 + (end.signal === null ? 0 : os.constants.signals[end.signal])

const supervised = Effect.fnUntraced(function* (spec: ExecSpec & Complete): Effect.fn.Return<ExecResult, ExecError> {
  const limit = spec.maxOutput ?? DEFAULT_MAX_OUTPUT
  return yield* Effect.scoped(
    Effect.gen(function* () {
      yield* requireDirectory(spec)
      const [stdout, stderr] = yield* Effect.all([scratchFile(spec.command), scratchFile(spec.command)])
      const tooLarge = Effect.all([stdout.size, stderr.size]).pipe(
        Effect.delay(OUTPUT_CHECK),
        Effect.repeat({ until: (sizes) => sizes.some((size) => size > limit) }),
        Effect.andThen(new ExecOutputTooLarge({ command: spec.command, limit }))
      )
      const child = yield* scopedChild(spec, stdout.fd, stderr.fd)
      const [duration, end] = yield* Deferred.await(child.exited).pipe(
        Effect.raceFirst(tooLarge),
        Effect.timeoutOption(spec.timeout),
        Effect.timed
      )
      if (end._tag === "None") {
        yield* endProcessGroup(child.pid, spec.killAfter ?? DEFAULT_KILL_AFTER)
        const [out, err] = yield* Effect.all([stdout.text(limit), stderr.text(limit)])
        return yield* new ExecTimedOut({
          command: spec.command,
          timeoutMs: Duration.toMillis(spec.timeout),
          stdout: out,
          stderr: err
        })
      }
      const sizes = yield* Effect.all([stdout.size, stderr.size])
      if (sizes.some((size) => size > limit)) {
        return yield* new ExecOutputTooLarge({ command: spec.command, limit })
      }
      const [out, err] = yield* Effect.all([stdout.text(limit), stderr.text(limit)])
      return {
        exitCode: exitCodeOf(end.value),
        signal: end.value.signal ?? undefined,
        stdout: out,
        stderr: err,
        duration
      }
    })
  )
})

// A finalizer cannot be interrupted, and a race within it waits for its loser: the time limit would never end. So the
// command is watched by a fiber of its own, which can be interrupted wherever it was started from.
const run = Effect.fn("Exec.run")((spec: ExecSpec & Complete) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(supervised(spec))), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )
)

const identify = Effect.fn("Exec.identify")(function* (pid: number) {
  const row = yield* processTable.row(pid)
  return row === undefined || row.zombie || pid <= 1
    ? undefined
    : ProcessIdentity.make({ pid, startedAt: row.startedAt, boot: yield* processTable.boot })
})

const openLog = (spec: LaunchSpec) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () =>
        fs.open(
          spec.logFile,
          fsConstants.O_WRONLY | fsConstants.O_CREAT | fsConstants.O_APPEND | fsConstants.O_NOFOLLOW,
          0o600
        ),
      catch: (cause) => notStarted(`log ${spec.logFile}`, cause)
    }),
    (file) => Effect.promise(() => file.close().catch(() => undefined))
  )

const launch = Effect.fn("Exec.launch")(function* (spec: LaunchSpec & Complete) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      yield* requireDirectory(spec)
      const log = yield* openLog(spec)
      const child = yield* start(spec, log.fd, log.fd)
      child.process.unref()
      const row = yield* processTable.row(child.pid)
      return ProcessIdentity.make({
        pid: child.pid,
        startedAt: row?.startedAt ?? "ended",
        boot: yield* processTable.boot
      })
    })
  ).pipe(Effect.uninterruptible)
})

const isAlive = Effect.fn("Exec.isAlive")(function* (process: ProcessIdentity) {
  const now = yield* identify(process.pid)
  return now !== undefined && now.startedAt === process.startedAt && now.boot === process.boot
})

// A group outlives its leader, and while it does the kernel gives its number to nobody else. So with a leader gone the
// group is still the one we know; with another process at its pid it is not.
const endGroup = Effect.fn("Exec.endGroup")(function* (process: ProcessIdentity, killAfter?: Duration.DurationInput) {
  const row = yield* processTable.row(process.pid)
  const reused = row !== undefined && row.startedAt !== process.startedAt
  if (reused || process.boot !== (yield* processTable.boot)) return true
  return yield* endProcessGroup(row?.group ?? process.pid, killAfter ?? DEFAULT_KILL_AFTER)
})

const executable = (file: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    Promise.all([fs.stat(file), fs.access(file, fsConstants.X_OK)])
      .then(([stat]) => stat.isFile())
      .catch(() => false)
  )

const which = Effect.fn("Exec.which")(function* (command: string) {
  const candidates = command.includes("/")
    ? [path.resolve(command)]
    : (process.env["PATH"] ?? "").split(path.delimiter).map((directory) => path.resolve(directory || ".", command))
  for (const candidate of candidates) if (yield* executable(candidate)) return candidate
  return undefined
})

/**
 * `Exec` on Node's processes. Of our environment a command gets the usual variables, those that the policy adds, and what its
 * spec sets.
 *
 * @example
 * NodeExec.layerWith({ pass: ["MY_AGENT_*"] })
 */
export const layerWith = (policy: EnvironmentPolicy): Layer.Layer<Exec> => {
  const complete = <Spec extends Pick<ExecSpec, "env">>(spec: Spec) => ({
    ...spec,
    env: childEnvironment(process.env, spec.env, policy)
  })
  return Layer.succeed(Exec, {
    run: (spec) => run(complete(spec)),
    launch: (spec) => launch(complete(spec)),
    identify,
    isAlive,
    endGroup,
    which
  })
}

/** The same with the usual variables alone. */
export const layer: Layer.Layer<Exec> = layerWith({})
