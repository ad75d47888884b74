import { Data, Deferred, Duration, Effect, Fiber, FiberId, type Scope } from "effect"
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
const scopedChild = (
  spec: ExecSpec & FullCommand,
  stdin: "ignore" | "pipe" | number,
  { stderr, stdout }: Output,
  onExit: (exit: ChildExit) => void
) =>
  Effect.acquireRelease(spawnChild(spec, stdin, stdout, stderr, onExit), (child) =>
    Effect.gen(function* () {
      const exit = yield* Deferred.poll(child.exited)
      const code = exit._tag === "Some" ? (yield* exit.value).code : null
      if (code !== 0) yield* endProcessGroup(child.pid, spec.killAfter)
    })
  )

/** As a shell reports it. */
export const exitCodeOf = ({ code, signal }: ChildExit): number =>
  code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])

/** The time that the command had is over. */
class Late extends Data.TaggedError("Late") {}

const supervised = Effect.fnUntraced(function* <E>(
  host: Host,
  spec: ExecSpec & FullCommand,
  gated: Gated<E> | undefined
): Effect.fn.Return<ExecResult, ExecError | E, Scope.Scope> {
  const { command, input, killAfter, maxOutput = DEFAULT_MAX_OUTPUT, timeout } = spec
  if (gated !== undefined) yield* Effect.zipRight(requireDirectory(spec), requireCommand(spec))
  const ended = Deferred.unsafeMake<ChildExit, ExecOutputTooLarge | Late>(FiberId.none)
  const tooLarge = Effect.suspend(() => new ExecOutputTooLarge({ command, limit: maxOutput }))
  const onExceeded = () => Deferred.unsafeDone(ended, tooLarge)
  const output = yield* gated === undefined
    ? pipedOutput(command, maxOutput, onExceeded)
    : filedOutput(command, gated.outputDirectory, maxOutput, onExceeded)
  const stdin = input === undefined ? "ignore" : yield* inputFile(command, input)
  const onExit = (exit: ChildExit) => Deferred.unsafeDone(ended, Effect.succeed(exit))
  const child =
    gated === undefined
      ? yield* Effect.tapError(scopedChild(spec, stdin, output, onExit), () => requireDirectory(spec))
      : yield* scopedChild(behindGate(spec), "pipe", output, onExit)
  yield* output.handedOver
  if (gated !== undefined) yield* passGate(host, command, child, gated.gate)
  yield* Effect.sleep(timeout).pipe(
    Effect.zipRight(Deferred.fail(ended, new Late())),
    Effect.interruptible,
    Effect.forkScoped
  )
  const [duration, exit] = yield* Deferred.await(ended).pipe(
    Effect.catchTag("Late", () => Effect.void),
    Effect.timed
  )
  if (exit === undefined) {
    yield* endProcessGroup(child.pid, killAfter)
    yield* output.complete
    return yield* new ExecTimedOut({ command, timeoutMs: Duration.toMillis(timeout), ...(yield* output.text) })
  }
  if (yield* output.complete) return yield* tooLarge
  const { signal } = exit
  return { exitCode: exitCodeOf(exit), signal: signal ?? undefined, ...(yield* output.text), duration }
}, Effect.scoped)

// A gate is the caller's own effect, which may wait and race. In a finalizer, which is uninterruptible, a race waits for its loser:
// therefore a separate fiber, which is always interruptible, waits for it. What is left waits for one thing, and needs none.
const apart = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )

export const run = Effect.fn("Exec.run")(<E = never>(host: Host, spec: ExecSpec & FullCommand, gated?: Gated<E>) =>
  gated === undefined ? supervised<E>(host, spec, gated) : apart(supervised(host, spec, gated))
)
