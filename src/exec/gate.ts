import { Deferred, Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { Child, FullCommand } from "./children.ts"
import { ExecNotStarted, type Gate } from "./Exec.ts"
import { identify, type Host } from "./liveness.ts"
import { which } from "./which.ts"

/**
 * Waits for a line on its input, and then becomes the command. At the end of the input, which also comes when our program
 * dies, it ends without starting anything. No shell parses the command's arguments.
 */
const SCRIPT = 'IFS= read -r line || exit 125; exec "$@" </dev/null'

/** The command behind a gate. `exec` keeps its pid and its start time. */
export const behindGate = <Spec extends FullCommand>(spec: Spec): Spec => ({
  ...spec,
  command: "/bin/sh",
  args: ["-c", SCRIPT, spec.command, spec.command, ...spec.args]
})

/** Checked before: the shell of the gate always starts. */
export const requireCommand = Effect.fn("requireCommand")(function* ({ command, cwd, env }: FullCommand) {
  const file = command.includes("/") ? path.resolve(cwd, command) : command
  if ((yield* which(file, env["PATH"])) !== undefined) return
  const there =
    command.includes("/") &&
    (yield* Effect.promise(() =>
      fs.access(file).then(
        () => true,
        () => false
      )
    ))
  return yield* there
    ? new ExecNotStarted({ command, reason: "not_executable", detail: "not executable" })
    : new ExecNotStarted({ command, reason: "not_found", detail: "command not found" })
})

/** The identity of a child that we have not waited for yet. */
export const identifyChild = (host: Host, command: string, { pid }: Child) =>
  identify(host, pid).pipe(
    Effect.mapError(({ message }) => new ExecNotStarted({ command, reason: "no_resources", detail: message }))
  )

/** The shell ends at once at the end of its input. */
const TRIES = 200

/** Calls the gate, and opens it if that succeeds. If not, the child ends without having started its command. */
export const passGate = Effect.fn("passGate")(function* <E>(
  host: Host,
  command: string,
  child: Child,
  gate: Gate<E>,
  cgroup?: string
) {
  const { stdin } = child.process
  // The child may have been killed: the write fails, and its end says why.
  stdin?.on("error", () => undefined)
  const close = Effect.gen(function* () {
    stdin?.destroy()
    for (let tries = 0; tries < TRIES && !(yield* Deferred.isDone(child.exited)); tries++)
      yield* Effect.sleep("10 millis")
  })
  const passed = yield* Effect.gen(function* () {
    const process = yield* identifyChild(host, command, child)
    if (process === undefined) {
      return yield* new ExecNotStarted({ command, reason: "no_resources", detail: "ended before its start" })
    }
    yield* gate(process, cgroup)
    return process
  }).pipe(Effect.onError(() => close))
  yield* Effect.sync(() => stdin?.end("go\n"))
  return passed
})
