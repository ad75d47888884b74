import { Clock, Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { fileURLToPath } from "node:url"
import { BootClock } from "../../../src/domain/BootClock.ts"
import { systemTable } from "../../../src/exec/systemTable.ts"
import { commandLine } from "../../cli/commandLine.ts"
import { bdServer } from "../bdServer.ts"
import type { Machine } from "./Machine.ts"
import { OWN_NETWORK } from "./ownNetwork.ts"

const PROGRAM = fileURLToPath(new URL("../../../dist/nightly-dispatch.js", import.meta.url))
const INJECTOR = new URL("faultInjector.js", import.meta.url).href

/** No dispatcher may take longer than this, in milliseconds. */
const PATIENCE = 60_000
/** No watcher: it lives as long as its jobs. */
const WATCHER_PATIENCE = 240_000

/** What `faultInjector.js` does in the dispatcher, and at which point. */
export interface Injection {
  readonly at: string
  readonly when?: "before" | "during" | "after"
  readonly nth?: number
  readonly until?: string
  readonly act: string
  /** How long a hold may last, in milliseconds. */
  readonly patience?: number
}

export interface RunOptions {
  readonly injection?: Injection
  readonly env?: Readonly<Record<string, string>>
  /** How far this dispatcher's clocks are ahead, in milliseconds. */
  readonly later?: number
  /** How far its wall clock was put forward besides, in milliseconds. */
  readonly jump?: number
  readonly args?: ReadonlyArray<string>
  /** Milliseconds after which it counts as hung. Default: a minute; for a watcher four. */
  readonly patience?: number
  /** The program's file. Default: the one that was built. */
  readonly program?: string
  /** Without `--json`, which not every command has. */
  readonly plain?: true
  /** Runs in a process of its own, at whose end the journal is one file, without a write-ahead log. */
  readonly process?: true
  /** Streams whose reader goes away as soon as the dispatcher has started. */
  readonly closed?: ReadonlyArray<"stdout" | "stderr">
  /** Runs in a pid namespace of its own. All its processes end when the dispatcher and then this file have ended. */
  readonly namespace?: { readonly until: string }
  /** Runs in a network namespace of its own, and so do its tools and its jobs. */
  readonly ownNetwork?: true
}

/** How a dispatcher ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from the injected signal, if any, to the end. */
  readonly endedAfter: number
}

/** What a dispatcher in this process starts as a watcher. */
const OWN_PROGRAM = { node: process.execPath, program: PROGRAM }

const environment = (
  machine: Machine,
  { env, injection, jump, later }: RunOptions,
  port: number
): NodeJS.ProcessEnv => ({
  ...machine.env,
  FAKE_BD_PORT: String(port),
  ...env,
  ...(injection === undefined ? {} : { INJECT: JSON.stringify(injection), INJECT_GO: machine.at("go") }),
  ...(later === undefined ? {} : { CLOCK_OFFSET_MS: String(later) }),
  ...(jump === undefined ? {} : { CLOCK_JUMP_MS: String(jump) })
})

/** Both clocks are ahead, the wall clock by `jump` more. */
export const clocksAhead = ({ jump = 0, later: both = 0 }: Pick<RunOptions, "jump" | "later">): Layer.Layer<never> => {
  const clock = Clock.make()
  const later = both + jump
  const uptime = Effect.map(Effect.orDie(systemTable.boot), (boot) => ({
    boot,
    millis: Math.round(os.uptime() * 1000) + both
  }))
  const wall = Layer.setClock({
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    sleep: (duration) => clock.sleep(duration),
    unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + later,
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + BigInt(later) * 1_000_000n,
    currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + later),
    currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(later) * 1_000_000n)
  })
  return Layer.merge(wall, Layer.succeed(BootClock, { now: uptime }))
}

const argsOf = ({ args = ["run"], plain }: RunOptions): ReadonlyArray<string> =>
  plain === undefined ? [...args, "--json"] : args

/** Runs a dispatcher in this process, which takes a third of the CPU time. The tools that it calls are processes. */
const runHere = (machine: Machine, options: RunOptions, port: number): Promise<Ended> =>
  commandLine(argsOf(options), environment(machine, options, port), machine.root, OWN_PROGRAM).pipe(
    Effect.provide(clocksAhead(options)),
    Effect.map((finished) => ({ ...finished, signal: null, endedAfter: 0 })),
    Effect.timeout(PATIENCE),
    Effect.runPromise
  )

/** The first process of a namespace. Its end ends all others, so it waits for the file `$0` before it exits. */
const FIRST_PROCESS = `"$@"; code=$?; while ! [ -e "$0" ]; do sleep 0.05; done; exit $code`

const commandOf = ({ namespace, ownNetwork, ...options }: RunOptions): readonly [string, ...ReadonlyArray<string>] => {
  const { program = PROGRAM } = options
  const own = [process.execPath, "--import", INJECTOR, program, ...argsOf(options)] as const
  if (ownNetwork) return [...OWN_NETWORK, ...own]
  return namespace === undefined
    ? own
    : ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", FIRST_PROCESS, namespace.until, ...own]
}

/** What happens to a dispatcher's process while it runs. */
export interface Watching {
  /** It is held at its point. */
  readonly onHeld?: () => void
  readonly onStart?: (pid: number) => void
}

/** Milliseconds after its exit in which what a process has printed arrives, also on a busy host. */
const LAST_WORDS = 500

/** Runs a dispatcher in a process of its own. */
const runProcess = (
  machine: Machine,
  options: RunOptions,
  port: number,
  { onHeld = () => {}, onStart = () => {} }: Watching
): Promise<Ended> => {
  const { closed = [] } = options
  const env = environment(machine, options, port)
  const [command, ...args] = commandOf(options)
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: machine.root, env, stdio: ["ignore", "pipe", "pipe"] })
    if (child.pid !== undefined) onStart(child.pid)
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk) => (stdout += String(chunk)))
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk)
      if (/^INJECTED: held$/m.test(stderr)) onHeld()
    })
    for (const stream of closed) child[stream].destroy()
    const patience = options.patience ?? (options.args?.[0] === "watch" ? WATCHER_PATIENCE : PATIENCE)
    const hung = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error(`the dispatcher had not ended after ${patience} ms\n${stderr}`))
    }, patience)
    child.on("exit", (code, signal) => {
      clearTimeout(hung)
      const exitedAt = Date.now()
      const end = () => {
        const signalledAt = Number(/^INJECTED: signal at (\d+)$/m.exec(stderr)?.[1] ?? exitedAt)
        resolve({ code, signal, stdout, stderr, endedAfter: exitedAt - signalledAt })
      }
      // A process that the dispatcher started may hold its streams open, so its last words are waited for, but not for long.
      child.once("close", end)
      setTimeout(end, LAST_WORDS)
    })
  })
}

/** Runs one dispatcher to its end, in a process of its own if something happens to the process. */
export const runDispatcher = async (
  machine: Machine,
  options: RunOptions = {},
  watching: Watching = {}
): Promise<Ended> => {
  const port = await bdServer()
  const { closed, injection, namespace, ownNetwork, process } = options
  const inProcess = [closed, injection, namespace, ownNetwork, process].every((one) => one === undefined)
  return await (inProcess ? runHere(machine, options, port) : runProcess(machine, options, port, watching))
}

/** Runs a dispatcher and, while it is held at its point, another one; then lets the first go on. */
export const runTwo = async (
  machine: Machine,
  first: RunOptions,
  second: RunOptions
): Promise<readonly [Ended, Ended]> => {
  let onHeld = () => {}
  const held = new Promise<void>((resolve) => (onHeld = resolve))
  const firstEnd = runDispatcher(machine, first, { onHeld })
  // A dispatcher that never comes to the point ends without being held.
  await Promise.race([held, firstEnd])
  const secondEnd = await runDispatcher(machine, second)
  fs.writeFileSync(machine.at("go"), "")
  return [await firstEnd, secondEnd]
}
