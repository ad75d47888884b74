import { Deferred, Duration, Effect, Fiber, type Scope } from "effect"
import * as os from "node:os"
import { requireDirectory, spawnChild, type ChildExit, type FullCommand } from "./children.ts"
import { ExecOutputTooLarge, ExecTimedOut, type ExecError, type ExecResult, type ExecSpec, type Gate } from "./Exec.ts"
import { behindGate, passGate, requireCommand } from "./gate.ts"
import type { Host } from "./liveness.ts"
import { endProcessGroup } from "./processGroup.ts"
import { scratchFile, type ScratchFile } from "./scratchFile.ts"

const DEFAULT_MAX_OUTPUT = 8 * 1024 * 1024
const OUTPUT_CHECK_INTERVAL = Duration.millis(100)

/** A child for the scope. Closing the scope ends its process group, unless the child exited with code 0. */
const scopedChild = (spec: ExecSpec & FullCommand, stdin: "ignore" | "pipe", stdout: number, stderr: number) =>
  Effect.acquireRelease(spawnChild(spec, stdin, stdout, stderr), (child) =>
    Effect.gen(function* () {
      const exit = yield* Deferred.poll(child.exited)
      const code = exit._tag === "Some" ? (yield* exit.value).code : null
      if (code !== 0) yield* endProcessGroup(child.pid, spec.killAfter)
    })
  )

const exitCodeOf = ({ code, signal }: ChildExit): number =>
  code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])

/** Both streams of one command, each at most `limit` bytes. */
const capture = (command: string, limit: number, stdout: ScratchFile, stderr: ScratchFile) => {
  const tooLarge = new ExecOutputTooLarge({ command, limit })
  const exceeded = Effect.map(Effect.all([stdout.size, stderr.size]), (sizes) => sizes.some((size) => size > limit))
  return {
    requireSmall: Effect.flatMap(exceeded, (isExceeded) => (isExceeded ? tooLarge : Effect.void)),
    failWhenExceeded: exceeded.pipe(
      Effect.delay(OUTPUT_CHECK_INTERVAL),
      Effect.repeat({ until: (isExceeded) => isExceeded }),
      Effect.andThen(tooLarge)
    ),
    text: Effect.all({ stdout: stdout.text(limit), stderr: stderr.text(limit) })
  }
}

const supervised = Effect.fnUntraced(function* <E>(
  host: Host,
  spec: ExecSpec & FullCommand,
  gate: Gate<E> | undefined
): Effect.fn.Return<ExecResult, ExecError | E, Scope.Scope> {
  const { command, killAfter, maxOutput = DEFAULT_MAX_OUTPUT, timeout } = spec
  yield* requireDirectory(spec)
  if (gate !== undefined) yield* requireCommand(spec)
  const [stdout, stderr] = yield* Effect.all([scratchFile(command), scratchFile(command)])
  const output = capture(command, maxOutput, stdout, stderr)
  const child =
    gate === undefined
      ? yield* scopedChild(spec, "ignore", stdout.fd, stderr.fd)
      : yield* scopedChild(behindGate(spec), "pipe", stdout.fd, stderr.fd)
  if (gate !== undefined) yield* passGate(host, command, child, gate)
  const [duration, exit] = yield* Deferred.await(child.exited).pipe(
    Effect.raceFirst(output.failWhenExceeded),
    Effect.timeoutOption(timeout),
    Effect.timed
  )
  if (exit._tag === "None") {
    yield* endProcessGroup(child.pid, killAfter)
    return yield* new ExecTimedOut({ command, timeoutMs: Duration.toMillis(timeout), ...(yield* output.text) })
  }
  yield* output.requireSmall
  const { signal } = exit.value
  return { exitCode: exitCodeOf(exit.value), signal: signal ?? undefined, ...(yield* output.text), duration }
}, Effect.scoped)

// A finalizer is uninterruptible: a race in it waits for its loser, so the time limit would never apply. Therefore a separate
// fiber, which is always interruptible, supervises the command.
export const run = Effect.fn("Exec.run")(<E = never>(host: Host, spec: ExecSpec & FullCommand, gate?: Gate<E>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(supervised(host, spec, gate))), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )
)
