import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Exec, type ProcessIdentity } from "../../src/exec/Exec.ts"
import { limitFiles } from "../../src/exec/filedOutput.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { eventually, NASTY_TEXT } from "../contract/support.ts"

const scratch = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nd gate "))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)
const textOf = (file: string) => Effect.sync(() => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""))

describe("a gate", () => {
  it.scopedLive("lets the command wait, keeps its pid and its arguments, and gives it an empty input", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const outputDirectory = yield* scratch
      const file = path.join(outputDirectory, "ran")
      let waiting: ProcessIdentity | undefined
      const result = yield* exec.runGated(
        {
          tool: "agent",
          command: "sh",
          args: ["-c", 'echo $$ >"$1"; printf %s "$2"; cat; exit 3', "sh", file, NASTY_TEXT],
          cwd: "/",
          timeout: "10 seconds",
          outputDirectory
        },
        (process) =>
          Effect.gen(function* () {
            waiting = process
            yield* Effect.sleep("300 millis")
            assert.isFalse(fs.existsSync(file), "the gate is closed")
          })
      )
      assert.deepStrictEqual([result.exitCode, result.stdout], [3, NASTY_TEXT])
      assert.strictEqual(fs.readFileSync(file, "utf8"), `${waiting?.pid}\n`)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("that fails or is interrupted starts nothing, and leaves no process", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const directory = yield* scratch
      const file = path.join(directory, "ran")
      const spec = {
        tool: "agent",
        command: "touch",
        args: [file],
        cwd: "/",
        timeout: "10 seconds",
        outputDirectory: directory
      } as const
      const waiting: Array<ProcessIdentity> = []
      const fails = (process: ProcessIdentity) => (waiting.push(process), Effect.fail("the journal is full" as const))
      const hangs = (process: ProcessIdentity) => (waiting.push(process), Effect.never)
      assert.strictEqual(yield* Effect.flip(exec.runGated(spec, fails)), "the journal is full")
      const log = { ...spec, logFile: path.join(directory, "log") }
      assert.strictEqual(yield* Effect.flip(exec.launchGated(log, fails)), "the journal is full")
      yield* Effect.timeoutOption(exec.runGated(spec, hangs), "200 millis")
      assert.lengthOf(waiting, 3)
      yield* Effect.sleep("300 millis")
      assert.isFalse(fs.existsSync(file))
      for (const process of waiting) assert.strictEqual(yield* exec.liveness(process), "dead")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("is not called for a command that cannot start, and the reasons are told apart", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const directory = yield* scratch
      const tool = path.join(directory, "tool")
      fs.writeFileSync(tool, "#!/bin/sh\n", { mode: 0o644 })
      let called = 0
      const attempt = (command: string, args: ReadonlyArray<string> = [], cwd = "/") =>
        Effect.flip(
          exec.runGated({ tool: "agent", command, args, cwd, timeout: "10 seconds", outputDirectory: directory }, () =>
            Effect.sync(() => void called++)
          )
        )
      const errors = yield* Effect.all([
        attempt("no-such-command-here"),
        attempt(path.join(directory, "nowhere")),
        attempt(tool),
        attempt("true", [], path.join(directory, "gone")),
        attempt("true", ["x".repeat(200_000)])
      ])
      assert.deepStrictEqual(
        errors.map((error) => (error._tag === "ExecNotStarted" ? error.reason : error._tag)),
        ["not_found", "not_found", "not_executable", "bad_directory", "no_resources"]
      )
      assert.strictEqual(called, 0)
    }).pipe(Effect.provide(NodeExec.layer))
  )
})

describe("the output of a command behind a gate", () => {
  const open = () => Effect.void
  const sh = (script: string, outputDirectory: string, maxOutput = 1_000_000) =>
    Effect.flatMap(Exec, (exec) =>
      exec.runGated(
        {
          tool: "agent",
          command: "sh",
          args: ["-c", script],
          cwd: "/",
          timeout: "10 seconds",
          outputDirectory,
          maxOutput
        },
        open
      )
    )
  const sizes = (directory: string) =>
    fs
      .readdirSync(directory)
      .filter((name) => /^[0-9a-f]{8}\.(out|err)$/.test(name))
      .map((name) => fs.statSync(path.join(directory, name)).size)
      .toSorted((a, b) => a - b)

  it.scopedLive("goes to files, so a background child that writes later neither delays the command nor fails", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      const proof = path.join(directory, "proof")
      const script = `(sleep 0.5; echo late; echo later >&2; echo $? >"${proof}") & echo started`
      assert.strictEqual((yield* sh(script, directory)).stdout, "started\n")
      assert.isFalse(fs.existsSync(proof))
      assert.strictEqual(yield* eventually(textOf(proof), (text) => text !== ""), "0\n")
      assert.deepStrictEqual(sizes(directory), [6, 13])
      for (const name of fs.readdirSync(directory).filter((name) => name !== "proof"))
        assert.strictEqual(fs.statSync(path.join(directory, name)).mode & 0o777, 0o600)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("is limited while the command runs, and leaves no large file", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      const error = yield* Effect.flip(sh("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", directory, 10_000))
      assert.strictEqual(error._tag, "ExecOutputTooLarge")
      assert.deepStrictEqual(sizes(directory), [0, 0])
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("of a child that stays behind is cut when it is looked at, and the child goes on", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      const stop = path.join(directory, "stop")
      yield* sh(`(while [ ! -e "${stop}" ]; do echo 0123456789; sleep 0.01; done) & :`, directory)
      const large = Effect.sync(() => sizes(directory).some((size) => size > 1000))
      yield* eventually(large, (is) => is)
      yield* limitFiles(directory, 1000)
      assert.isTrue(sizes(directory).every((size) => size < 1000))
      yield* eventually(large, (is) => is)
      fs.writeFileSync(stop, "")
      yield* Effect.sleep("100 millis")
      yield* limitFiles(path.join(directory, "gone"), 1000)
    }).pipe(Effect.provide(NodeExec.layer))
  )
})

describe.skipIf(process.platform !== "linux")("a scope of its own", () => {
  const CGROUPS =
    ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((root) => fs.existsSync(`${root}/cgroup.procs`)) ?? ""

  /** A host with a user manager whose `systemd-run` is this script. */
  const host = (script: string) =>
    Effect.map(scratch, (directory) => {
      fs.mkdirSync(path.join(directory, "systemd"))
      fs.writeFileSync(path.join(directory, "systemd/private"), "")
      fs.writeFileSync(path.join(directory, "systemd-run"), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
      const environment = { PATH: `${directory}:${process.env["PATH"] ?? ""}`, XDG_RUNTIME_DIR: directory }
      return { directory, layer: NodeExec.layerWith({ environment }) }
    })

  it.scopedLive("holds a descendant that has neither parent, session nor environment of the job", (context) =>
    Effect.gen(function* () {
      const unit = `nightly-dispatch-test-${process.pid}`
      const group = `${CGROUPS}/${unit}.scope`
      const made = yield* Effect.option(Effect.try(() => fs.mkdirSync(group)))
      if (made._tag === "None") return context.skip("no control group can be made here")
      const removed = Effect.isSuccess(Effect.try(() => fs.rmdirSync(group)))
      yield* Effect.addFinalizer(() => eventually(removed, () => !fs.existsSync(group)))
      const { directory, layer } = yield* host(`echo $$ >'${group}/cgroup.procs' || exit 1
        while [ "$1" != -- ]; do shift; done; shift; exec "$@"`)
      const exec = yield* Effect.provide(Exec, layer)
      let cgroup: string | undefined
      const file = path.join(directory, "own")
      const script = `env -i setsid sh -c 'echo $$ >"$0"; sleep 60' '${file}' & while [ ! -s '${file}' ]; do sleep 0.05; done`
      const launcher = yield* exec.launchGated(
        {
          tool: "agent",
          command: "sh",
          args: ["-c", script],
          cwd: directory,
          logFile: path.join(directory, "log"),
          scope: unit
        },
        (_process, found) => Effect.sync(() => void (cgroup = found))
      )
      const own = Number(yield* eventually(textOf(file), (text) => text.endsWith("\n")))
      yield* eventually(exec.liveness(launcher), (liveness) => liveness === "dead")
      assert.match(cgroup ?? "", new RegExp(`/${unit}\\.scope$`))
      const traits = { attempt: undefined, launcher, worktree: directory, cgroup }
      assert.lengthOf((yield* exec.jobProcesses(traits)).working, 2, "the shell and its sleep")
      yield* exec.endJob(traits, "all")
      assert.isUndefined(yield* exec.identify(own))
    })
  )

  it.scopedLive("is left out where systemd-run fails, and the job starts all the same", () =>
    Effect.gen(function* () {
      const { directory, layer } = yield* host("echo 'Failed to connect to bus' >&2; exit 1")
      const exec = yield* Effect.provide(Exec, layer)
      const file = path.join(directory, "ran")
      yield* exec.launchGated(
        {
          tool: "agent",
          command: "touch",
          args: [file],
          cwd: "/",
          logFile: path.join(directory, "log"),
          scope: "nightly-dispatch-x"
        },
        (_process, cgroup) => Effect.sync(() => assert.isUndefined(cgroup))
      )
      assert.isTrue(
        yield* eventually(
          Effect.sync(() => fs.existsSync(file)),
          (there) => there
        )
      )
    })
  )
})
