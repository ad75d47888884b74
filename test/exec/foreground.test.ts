import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { shellWord } from "../../src/domain/shellWord.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { eventually } from "../contract/support.ts"
import { contract } from "../../src/testing/index.ts"
import { keeps } from "../contract/keeps.ts"
import { TEMPORARY } from "../temporary.ts"

keeps("NodeExec", contract.foreground(Effect.succeed({ layer: NodeExec.layer })))

const bundle = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = await fs.mkdtemp(path.join(TEMPORARY, "nd-foreground-"))
    const outfile = path.join(directory, "program.cjs")
    const entry = path.join(import.meta.dirname, "foregroundProcess.ts")
    await build({ entryPoints: [entry], bundle: true, platform: "node", format: "cjs", outfile, logLevel: "error" })
    return { directory, outfile }
  }),
  ({ directory }) => Effect.promise(() => fs.rm(directory, { recursive: true }))
)

/** Our program on a terminal of its own, at which a person types. */
const terminal = Effect.fnUntraced(function* (script: string, input = "the text\n") {
  const { directory, outfile } = yield* bundle
  const pids = path.join(directory, "pids")
  const command = [process.execPath, outfile, script.replaceAll("$PIDS", pids), input].map(shellWord).join(" ")
  const args = ["--quiet", "--return", "--flush", "--command", `echo $$ > ${pids}; exec ${command}`, "/dev/null"]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("script", args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, SHELL: "/bin/sh" } })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let screen = ""
  let code: number | undefined
  child.stdout.on("data", (chunk) => (screen += String(chunk)))
  child.on("close", (exit) => (code = exit ?? -1))
  const listed = Effect.promise(() => fs.readFile(pids, "utf8").catch(() => ""))
  return {
    types: (keys: string) => Effect.sync(() => void child.stdin.write(keys)),
    shows: (words: string) =>
      eventually(
        Effect.sync(() => screen),
        (text) => text.includes(words),
        "20 seconds"
      ),
    screen: Effect.sync(() => screen),
    exit: eventually(
      Effect.sync(() => code),
      (exit) => exit !== undefined,
      "20 seconds"
    ),
    /** The program's own, then those that the command wrote down. */
    pids: Effect.map(listed, (text) => text.trim().split("\n").map(Number))
  }
})

/** Those of these processes that still run. */
const running = (pids: ReadonlyArray<number>) =>
  Effect.flatMap(Exec, (exec) =>
    Effect.filter(pids, (pid) => Effect.map(exec.identify(pid), (found) => found !== undefined))
  ).pipe(Effect.provide(NodeExec.layer))

// `script` of util-linux makes the terminal.
describe.runIf(process.platform === "linux")("a command on our terminal", () => {
  it.scopedLive("has the terminal, and keys from it, and gets the text from stdin", () =>
    Effect.gen(function* () {
      const { exit, screen, shows, types } = yield* terminal(
        `[ -t 1 ] && [ -t 2 ] && read text && echo "got $text" && read key < /dev/tty && echo "key $key"; exit 3`
      )
      yield* shows("got the text")
      yield* types("q\r")
      yield* shows("ended by itself")
      assert.strictEqual(yield* exit, 0)
      assert.include(yield* screen, "key q")
      assert.include(yield* screen, "went on after 3")
    })
  )

  it.scopedLive("Ctrl-C goes to the command alone, and after it to us again", () =>
    Effect.gen(function* () {
      const { screen, shows, types } = yield* terminal(
        `trap 'echo "its own"; exit 5' INT; echo ready; while :; do sleep 0.1; done`
      )
      yield* shows("ready")
      yield* types("\u0003")
      yield* shows("went on after 5")
      assert.include(yield* screen, "its own")
      assert.notInclude(yield* screen, "interrupted")
      yield* types("\u0003")
      yield* shows("interrupted")
    })
  )

  it.scopedLive("our end by a signal ends the command and what it started, also if these ignore SIGTERM", () =>
    Effect.gen(function* () {
      const { exit, pids, shows } = yield* terminal(
        `echo $$ >> $PIDS; sh -c 'trap "" TERM HUP; echo $$ >> $PIDS; echo ready; while :; do sleep 0.1; done'; echo over`
      )
      yield* shows("ready")
      const [own = 0, ...others] = yield* pids
      assert.lengthOf(others, 2)
      process.kill(own, "SIGTERM")
      yield* shows("interrupted")
      yield* exit
      assert.deepStrictEqual(yield* running(others), [])
    })
  )

  it.scopedLive("a command that ends before it has read everything is no failure", () =>
    Effect.gen(function* () {
      const { exit, shows } = yield* terminal("exit 0", "x".repeat(100_000))
      yield* shows("went on after 0")
      assert.strictEqual(yield* exit, 0)
    })
  )
})
