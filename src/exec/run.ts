import { Deferred, Duration, Effect, Fiber, type Scope } from "effect"
import * as os from "node:os"
import { requireDirectory, spawnChild, type ChildExit, type FullCommand } from "./children.ts"
import { ExecOutputTooLarge, ExecTimedOut, type ExecError, type ExecResult, type ExecSpec, type Gate } from "./Exec.ts"
import { filedOutput } from "./filedOutput.ts"
import { behindGate, passGate, requireCommand } from "./gate.ts"
import { inputFile } from "./inputFile.ts"
import type { Host } from "./liveness.ts"
import { DEFAULT_MAX_OUTPUT, type Output } from "./output.ts"
import { pipedOutput } from "./pipedOutput.ts"
import { endProcessGroup } from "./processGroup.ts"

/** What a command behind a gate has besides. */
export interface Gated<E> {
  readonly gate: Gate<E>
  readonly outputDirectory: string
}

/** A child for the scope. Closing the scope ends its process group, unless the child exited with code 0. */
const scopedChild = (spec: ExecSpec & FullCommand, stdin: "ignore" | "pipe" | number, { stderr, stdout }: Output) =>
  Effect.acquireRelease(spawnChild(spec, stdin, stdout, stderr), (child) =>
    Effect.gen(function* () {
      const exit = yield* Deferred.poll(child.exited)
      const code = exit._tag === "Some" ? (yield* exit.value).code : null
      if (code !== 0) yield* endProcessGroup(child.pid, spec.killAfter)
    })
  )

/** As a shell reports it. */
export const exitCodeOf = ({ code, signal }: ChildExit): number =>
  code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])

const supervised = Effect.fnUntraced(function* <E>(
  host: Host,
  spec: ExecSpec & FullCommand,
  gated: Gated<E> | undefined
): Effect.fn.Return<ExecResult, ExecError | E, Scope.Scope> {
  const { command, input, killAfter, maxOutput = DEFAULT_MAX_OUTPUT, timeout } = spec
  if (gated !== undefined) yield* Effect.zipRight(requireDirectory(spec), requireCommand(spec))
  const output = yield* gated === undefined
    ? pipedOutput(command, maxOutput)
    : filedOutput(command, gated.outputDirectory, maxOutput)
  const stdin = input === undefined ? "ignore" : yield* inputFile(command, input)
  const child =
    gated === undefined
      ? yield* Effect.tapError(scopedChild(spec, stdin, output), () => requireDirectory(spec))
      : yield* scopedChild(behindGate(spec), "pipe", output)
  yield* output.handedOver
  if (gated !== undefined) yield* passGate(host, command, child, gated.gate)
  const tooLarge = Effect.suspend(() => new ExecOutputTooLarge({ command, limit: maxOutput }))
  const [duration, exit] = yield* Deferred.await(child.exited).pipe(
    Effect.raceFirst(Effect.andThen(output.exceeded, tooLarge)),
    Effect.timeoutOption(timeout),
    Effect.timed
  )
  if (exit._tag === "None") {
    yield* endProcessGroup(child.pid, killAfter)
    yield* output.complete
    return yield* new ExecTimedOut({ command, timeoutMs: Duration.toMillis(timeout), ...(yield* output.text) })
  }
  if (yield* output.complete) return yield* tooLarge
  const { signal } = exit.value
  return { exitCode: exitCodeOf(exit.value), signal: signal ?? undefined, ...(yield* output.text), duration }
}, Effect.scoped)

// A finalizer is uninterruptible: a race in it waits for its loser, so the time limit would never apply. Therefore a separate
// fiber, which is always interruptible, supervises the command.
export const run = Effect.fn("Exec.run")(<E = never>(host: Host, spec: ExecSpec & FullCommand, gated?: Gated<E>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(supervised(host, spec, gated))), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )
)
