import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, type Scope } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import {
  Exec,
  ExecNotStarted,
  ExecOutputTooLarge,
  ExecTimedOut,
  ProcessIdentity,
  type ExecSpec
} from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { eventually as until } from "../contract/support.ts"

const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "exec test "))),
  (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
)

const run = (spec: Partial<ExecSpec> & Pick<ExecSpec, "command">) =>
  Effect.flatMap(Exec, (exec) => exec.run({ tool: "agent", args: [], cwd: "/", timeout: "20 seconds", ...spec }))

const sh = (script: string, spec: Partial<ExecSpec> = {}) => run({ command: "sh", args: ["-c", script], ...spec })

const read = (file: string) => Effect.promise(() => fs.readFile(file, "utf8").catch(() => ""))

/** Waits, for a bounded time, until a file says something. */
const eventually = (file: string) =>
  read(file).pipe(
    Effect.tap((text) => (text === "" ? Effect.sleep("20 millis") : Effect.void)),
    Effect.repeat({ until: (text) => text !== "", times: 250 })
  )

const alive = (pid: number) =>
  Effect.flatMap(Exec, (exec) => Effect.map(exec.identify(pid), (found) => found !== undefined))

const pidIn = (file: string) => Effect.map(eventually(file), (text) => Number(text.trim()))

describe("Exec", () => {
  it.scopedLive("passes arguments unchanged and tells the streams and exit code apart", () =>
    Effect.gen(function* () {
      const argument = "a b;$HOME `id` '\"\\ \n ü"
      const result = yield* run({
        command: "sh",
        args: ["-c", 'printf %s "$1"; echo oops >&2; exit 3', "sh", argument]
      })
      assert.deepStrictEqual(
        [result.stdout, result.stderr, result.exitCode, result.signal],
        [argument, "oops\n", 3, undefined]
      )
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("adds variables to the environment, and removes some", () =>
    Effect.gen(function* () {
      const { stdout } = yield* sh('echo "$ADDED/${HOME-none}"', { env: { ADDED: "x y", HOME: undefined } })
      assert.strictEqual(stdout, "x y/none\n")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a command that reads stdin gets an end of file and does not hang", () =>
    Effect.gen(function* () {
      const { stdout } = yield* sh("cat; echo done")
      assert.strictEqual(stdout, "done\n")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a command reads its input from stdin and from /dev/stdin, and no file of it has a name", () =>
    Effect.gen(function* () {
      const input = `${"héllo 👋\n".repeat(50_000)}end`
      const { stdout } = yield* run({ command: "cat", input })
      assert.strictEqual(stdout, input)
      assert.strictEqual((yield* sh("tail -c 3 /dev/stdin", { input })).stdout, "end")
      assert.strictEqual((yield* sh("cat", { input: "" })).stdout, "")
      assert.match((yield* sh("readlink /proc/self/fd/0 || true", { input: "x" })).stdout, /^$|\(deleted\)\n$/)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a command may leave its input unread", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* run({ command: "true", input: "x".repeat(1_000_000) })
      assert.strictEqual(exitCode, 0)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a missing command, one that is not executable, and a missing directory are told apart", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      const file = path.join(directory, "tool")
      yield* Effect.promise(() => fs.writeFile(file, "#!/bin/sh\necho hi\n", { mode: 0o644 }))
      const reasons = yield* Effect.forEach(
        [
          run({ command: "no-such-command-here" }),
          run({ command: file }),
          run({ command: "true", cwd: path.join(directory, "gone") })
        ],
        (attempt) =>
          Effect.map(Effect.flip(attempt), (error) => (error instanceof ExecNotStarted ? error.reason : error._tag))
      )
      assert.deepStrictEqual(reasons, ["not_found", "not_executable", "bad_directory"])
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a command that is ended by signal n is a result with exit code 128 + n", () =>
    Effect.gen(function* () {
      const result = yield* sh("kill -9 $$")
      assert.deepStrictEqual([result.exitCode, result.signal], [137, "SIGKILL"])
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("ends a command that ignores SIGTERM, and the error holds its output", () =>
    Effect.gen(function* () {
      const pidFile = path.join(yield* scratch, "pid")
      const [took, error] = yield* sh(
        `trap "" TERM; echo $$ > "${pidFile}"; echo partial; while :; do sleep 0.1; done`,
        {
          timeout: "400 millis",
          killAfter: "300 millis"
        }
      ).pipe(Effect.flip, Effect.timed)
      assert.isTrue(error instanceof ExecTimedOut && error.stdout === "partial\n")
      assert.isBelow(Duration.toMillis(took), 3000)
      assert.isFalse(yield* alive(yield* pidIn(pidFile)))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("ends a grandchild that ignores SIGTERM although its parent obeys", () =>
    Effect.gen(function* () {
      const pidFile = path.join(yield* scratch, "pid")
      const error = yield* Effect.flip(
        sh(`sh -c 'trap "" TERM; echo $$ > "$0"; while :; do sleep 0.1; done' "${pidFile}" & wait`, {
          timeout: "500 millis",
          killAfter: "300 millis"
        })
      )
      assert.strictEqual(error._tag, "ExecTimedOut")
      assert.isFalse(yield* alive(yield* pidIn(pidFile)))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("an interruption ends the whole process group", () =>
    Effect.gen(function* () {
      const pidFile = path.join(yield* scratch, "pid")
      const fiber = yield* Effect.fork(
        sh(`sh -c 'trap "" TERM; echo $$ > "$0"; while :; do sleep 0.1; done' "${pidFile}" & wait`, {
          killAfter: "200 millis"
        })
      )
      const pid = yield* pidIn(pidFile)
      assert.isTrue(yield* alive(pid))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* alive(pid))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("the time limit holds in a finalizer, where nothing is interruptible", () =>
    Effect.gen(function* () {
      const [took, error] = yield* Effect.uninterruptible(sh("sleep 20", { timeout: "300 millis" })).pipe(
        Effect.flip,
        Effect.timed
      )
      assert.strictEqual(error._tag, "ExecTimedOut")
      assert.isBelow(Duration.toMillis(took), 5000)
      const [short, { exitCode }] = yield* Effect.timed(Effect.uninterruptible(sh("exit 7", { timeout: "20 seconds" })))
      assert.strictEqual(exitCode, 7)
      assert.isBelow(Duration.toMillis(short), 5000, "a command that ends earlier is not waited for until then")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("ends the background processes of a failed command", () =>
    Effect.gen(function* () {
      const pidFile = path.join(yield* scratch, "pid")
      const { exitCode } = yield* sh(
        `sh -c 'echo $$ > "$0"; sleep 30' "${pidFile}" & while [ ! -s "${pidFile}" ]; do sleep 0.01; done; exit 7`
      )
      assert.strictEqual(exitCode, 7)
      assert.isFalse(yield* alive(yield* pidIn(pidFile)))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("bd-XXXX.1.3 does not wait for a background child that holds the output", () =>
    Effect.gen(function* () {
      const [took, { stderr, stdout }] = yield* sh("(sleep 1; echo late) & echo started; echo loud >&2").pipe(
        Effect.timed
      )
      assert.deepStrictEqual([stdout, stderr], ["started\n", "loud\n"])
      assert.isBelow(Duration.toMillis(took), 900)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive(
    "a background child that floods the output ends with SIGPIPE, and neither delays nor fails the command",
    () =>
      Effect.gen(function* () {
        const proof = path.join(yield* scratch, "proof")
        const script = `(yes; echo $? >"${proof}") & sleep 0.2; echo done >&2`
        const [took, result] = yield* sh(script, { maxOutput: 2 ** 30 }).pipe(Effect.timed)
        assert.deepStrictEqual([result.exitCode, result.stderr], [0, "done\n"])
        assert.isBelow(Duration.toMillis(took), 5000)
        assert.strictEqual(yield* eventually(proof), "141\n", "128 + SIGPIPE")
      }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("reads both streams up to the limit, and ends a command that exceeds it", () =>
    Effect.gen(function* () {
      const both = yield* sh("head -c 3000000 /dev/zero | tr '\\0' a; head -c 3000000 /dev/zero | tr '\\0' b >&2")
      assert.deepStrictEqual([both.stdout.length, both.stderr.length], [3_000_000, 3_000_000])
      const [took, error] = yield* run({ command: "yes", maxOutput: 1_000_000 }).pipe(Effect.flip, Effect.timed)
      assert.isTrue(error instanceof ExecOutputTooLarge)
      assert.isBelow(Duration.toMillis(took), 5000)
      const quick = yield* Effect.flip(sh("head -c 2000000 /dev/zero", { maxOutput: 1_000_000 }))
      assert.isTrue(quick instanceof ExecOutputTooLarge)
      const exact = yield* sh("head -c 1000000 /dev/zero", { maxOutput: 1_000_000 })
      assert.strictEqual(exact.stdout.length, 1_000_000)
      const after = yield* Effect.flip(sh("head -c 1000001 /dev/zero", { maxOutput: 1_000_000 }))
      assert.isTrue(after instanceof ExecOutputTooLarge)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("a flood is stopped at the limit: it is in no file, and not much more is ever written", () =>
    Effect.gen(function* () {
      const count = path.join(yield* scratch, "count")
      // The last line of `dd` says how many bytes it could write.
      const script = `trap '' PIPE; dd if=/dev/zero bs=64k count=16384 2>"${count}"; sleep 30`
      const error = yield* Effect.flip(sh(script, { maxOutput: 1_000_000 }))
      assert.isTrue(error instanceof ExecOutputTooLarge)
      const bytes = Number(/(\d+) bytes/.exec(yield* eventually(count))?.[1])
      assert.isAtLeast(bytes, 1_000_000 - 65_536)
      assert.isBelow(bytes, 3_000_000)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("gives a script streams that it can open as /dev/stderr and /dev/stdout", () =>
    Effect.gen(function* () {
      const result = yield* sh("echo out >/dev/stdout; echo err >/dev/stderr")
      assert.deepStrictEqual([result.stdout, result.stderr, result.exitCode], ["out\n", "err\n", 0])
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("keeps the streams of commands apart that run at the same time", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 24 }, (_, index) => `n${index}`)
      const results = yield* Effect.forEach(names, (name) => sh(`echo ${name}; sleep 0.1; echo ${name} >&2`), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        results.map(({ stderr, stdout }) => stdout + stderr),
        names.map((name) => `${name}\n${name}\n`)
      )
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("leaves no file behind", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = process.env["TMPDIR"]
          process.env["TMPDIR"] = directory
          return before
        }),
        (before) =>
          Effect.sync(() => {
            if (before === undefined) delete process.env["TMPDIR"]
            else process.env["TMPDIR"] = before
          })
      )
      const pipes = Effect.map(
        Effect.promise(() => fs.readdir("/dev/shm").catch(() => [])),
        (names) => new Set(names.filter((name) => name.startsWith("nightly-dispatch-pipes-")))
      )
      const before = yield* pipes
      yield* sh("echo hi")
      yield* Effect.flip(sh("sleep 5", { timeout: "100 millis" }))
      // Other processes make pipes there, too, and remove them at once.
      const added = [...(yield* pipes)].filter((name) => !before.has(name))
      yield* until(pipes, (now) => added.every((name) => !now.has(name)))
      assert.isEmpty(yield* Effect.promise(() => fs.readdir(directory)))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("launches a job in a session of its own, with its log, and identifies it later", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const directory = yield* scratch
      const logFile = path.join(directory, "job.log")
      const job = yield* exec.launch({
        tool: "agent",
        command: "sh",
        args: ["-c", "echo on; echo err >&2; ps -o sid= -p $$; sleep 30"],
        cwd: directory,
        logFile
      })
      yield* Effect.addFinalizer(() => exec.endGroup(job))
      const log = yield* read(logFile).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (text) => text.split("\n").length > 3, times: 250 })
      )
      const [on, err, session] = log.split("\n").map((line) => line.trim())
      assert.deepStrictEqual([on, err, session], ["on", "err", String(job.pid)])
      assert.strictEqual((yield* Effect.promise(() => fs.stat(logFile))).mode & 0o777, 0o600)
      assert.strictEqual(yield* exec.liveness(job), "alive")
      const reused = ProcessIdentity.make({ ...job, startedAt: "1" })
      assert.strictEqual(yield* exec.liveness(reused), "dead", "another start time is another process")
      assert.isFalse(yield* exec.endGroup(reused), "a group of that number runs")
      assert.strictEqual(yield* exec.liveness(job), "alive", "and it is not ours to end")
      assert.isTrue(yield* exec.endGroup(job, "1 second"))
      assert.strictEqual(yield* exec.liveness(job), "dead")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("does not write a job's log through a planted link", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const directory = yield* scratch
      const target = path.join(directory, "precious")
      const logFile = path.join(directory, "job.log")
      yield* Effect.promise(() => fs.writeFile(target, "untouched"))
      yield* Effect.promise(() => fs.symlink(target, logFile))
      const error = yield* Effect.flip(
        exec.launch({ tool: "agent", command: "echo", args: ["hi"], cwd: directory, logFile })
      )
      assert.strictEqual(error._tag, "ExecNotStarted")
      assert.strictEqual(yield* read(target), "untouched")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("which finds the file that run executes", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      assert.isTrue(path.isAbsolute((yield* exec.which("sh")) ?? ""))
      assert.isUndefined(yield* exec.which("no-such-command-here"))
      assert.isUndefined(yield* exec.which("/"))
    }).pipe(Effect.provide(NodeExec.layer))
  )
})
