import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Schema, type Scope } from "effect"
import * as path from "node:path"
import { cronCommand } from "../../../src/cli/commands/cron.ts"
import { crontabLine, NIGHTLY, type CrontabInput } from "../../../src/cli/cron/text.ts"
import { shellWord } from "../../../src/domain/shellWord.ts"
import { wrapperFacts, wrapperScript } from "../../../src/cli/cron/wrapperScript.ts"
import { plainConsole } from "../../../src/cli/terminal/plainConsole.ts"
import { root } from "../../../src/cli/root.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { inMemory } from "../memory.ts"
import { codePoint } from "../../codePoint.ts"

/** What the stub in place of the program saw. */
const Seen = Schema.parseJson(
  Schema.Struct({
    args: Schema.Array(Schema.String),
    cwd: Schema.String,
    env: Schema.Record({ key: Schema.String, value: Schema.String })
  })
)

const STUB = `
require("node:fs").writeFileSync(__filename + ".seen", JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env }))
console.log("the stub ran")
process.exit(Number(process.env.STUB_EXIT ?? 0))
`

/** A job wrapper that keeps the contract of the fleet's own: state files, a log, the exit code handed on. */
const JOB_WRAPPER = `#!/usr/bin/env bash
[ $# -ge 3 ] && [ "$2" = "--" ] || { echo "usage: $0 <job> -- <cmd...>"; exit 1; }
job="$1"; shift 2
mkdir -p "$HOME/.dx-state" "$HOME/logs/dx"
"$@" >> "$HOME/logs/dx/$job.log" 2>&1
rc=$?
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
if [ $rc -eq 0 ]; then echo "$now" > "$HOME/.dx-state/$job.last_ok"; rm -f "$HOME/.dx-state/$job.last_fail"
else echo "$now (exit $rc)" > "$HOME/.dx-state/$job.last_fail"; fi
exit $rc
`

const RUN_WITH_LOG = 'umask 0; bash "$SCRIPT" >> "$LOG" 2>&1'

/** A machine in a directory whose name has a space, a quote and a dollar in it. */
const machine = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const exec = yield* Exec
  const made = yield* fs.makeTempDirectoryScoped({ prefix: "cron it's $HOME 100% " })
  const at = yield* fs.realPath(made)
  const home = `${at}/home dir`
  const script = `${at}/my scripts/dx-nightly-dispatcher.sh`
  const program = `${at}/nightly dispatch.cjs`
  for (const directory of [`${home}/agent-skills/scripts`, `${at}/my scripts`, `${at}/the repo`]) {
    yield* fs.makeDirectory(directory, { recursive: true })
  }
  yield* fs.writeFileString(program, STUB)
  const write = (file: string, text: string, mode: number) =>
    Effect.zipRight(fs.writeFileString(file, text), fs.chmod(file, mode))
  const wrapper = (input: Partial<Parameters<typeof wrapperScript>[0]> = {}) =>
    write(
      script,
      wrapperScript({
        name: "shop",
        node: process.execPath,
        program,
        given: [],
        path: [],
        log: `${home}/logs/dx/nightly-dispatch.log`,
        limit: 3540,
        directory: `${at}/the repo`,
        variables: [["BEADS_DIR", `${at}/the repo/.beads`]],
        ...input
      }),
      0o755
    )
  const env = (variables: Readonly<Record<string, string>>, ...command: ReadonlyArray<string>) =>
    exec.run({
      tool: "agent",
      command: "/usr/bin/env",
      args: ["-i", ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...command],
      cwd: "/",
      timeout: "20 seconds"
    })
  const seen = Effect.flatMap(fs.readFileString(`${program}.seen`), Schema.decode(Seen))
  return { at, env, fs, home, program, script, seen, wrapper, write }
})

const live = <E>(name: string, test: Effect.Effect<void, E, NodeContext.NodeContext | Exec | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(test, Layer.merge(NodeExec.layer, NodeContext.layer)))

describe("the wrapper script", () => {
  live(
    "bd-XXXX.4.2 gives the run absolute paths, PATH, BEADS_DIR and the repository in cron's empty environment",
    Effect.gen(function* () {
      const { at, env, home, script, seen, wrapper } = yield* machine
      yield* wrapper({
        path: [`${at}/tools dir`, "/usr/bin", `${at}/with:colon`, "relative"],
        variables: [
          ["BEADS_DIR", `${at}/the repo/.beads`],
          ["NIGHTLY_DISPATCH_CONFIG", `${at}/c "q" \`x\` $y.yaml`]
        ]
      })
      const ended = yield* env({ HOME: home }, "/bin/sh", "-c", '"$0" --max 2 "a b"', script)
      assert.strictEqual(ended.stderr, "")
      assert.strictEqual(ended.exitCode, 0)
      const { args, cwd, env: got } = yield* seen
      assert.deepStrictEqual(args, ["run", "--max", "2", "a b"])
      assert.strictEqual(cwd, `${at}/the repo`)
      assert.strictEqual(got["BEADS_DIR"], `${at}/the repo/.beads`)
      assert.strictEqual(got["NIGHTLY_DISPATCH_CONFIG"], `${at}/c "q" \`x\` $y.yaml`)
      assert.deepStrictEqual(
        got["PATH"]?.split(":"),
        [
          process.execPath.slice(0, process.execPath.lastIndexOf("/")),
          `${at}/tools dir`,
          `${home}/.local/bin`,
          `${home}/.local/share/mise/shims`,
          "/opt/homebrew/bin",
          "/usr/local/bin",
          "/usr/bin",
          "/bin"
        ].filter((entry, index, all) => all.lastIndexOf(entry) === index)
      )
    })
  )

  live(
    "bd-XXXX.4.2 keeps variables that are set already and passes on the exit code",
    Effect.gen(function* () {
      const { env, home, script, seen, wrapper } = yield* machine
      yield* wrapper()
      const ended = yield* env({ HOME: home, BEADS_DIR: "/other/.beads", STUB_EXIT: "3" }, script)
      assert.strictEqual(ended.exitCode, 3)
      assert.strictEqual((yield* seen).env["BEADS_DIR"], "/other/.beads")
      yield* env({ HOME: home, BEADS_DIR: "" }, script)
      assert.match((yield* seen).env["BEADS_DIR"] ?? "", /the repo\/\.beads$/)
    })
  )

  live(
    "bd-XXXX.4.2 finds HOME by itself and starts in the home directory, with a message, when the repository is missing",
    Effect.gen(function* () {
      const { at, env, script, seen, wrapper } = yield* machine
      yield* wrapper({ directory: `${at}/gone`, variables: [] })
      for (const none of [{}, { HOME: "" }]) {
        const ended = yield* env({ XDG_CONFIG_HOME: `${at}/none`, ...none }, script)
        assert.strictEqual(ended.exitCode, 0)
        assert.include(ended.stderr, `there is no directory ${at}/gone; `)
        const { cwd, env: got } = yield* seen
        assert.match(got["HOME"] ?? "", /^\/./)
        assert.strictEqual(cwd, got["HOME"])
      }
    })
  )

  live(
    "the env file outweighs the printed variables, and is refused when other users can read it",
    Effect.gen(function* () {
      const { env, fs, home, script, seen, wrapper, write } = yield* machine
      yield* wrapper()
      const file = `${home}/.config/nightly-dispatch/env`
      yield* fs.makeDirectory(`${home}/.config/nightly-dispatch`, { recursive: true })
      yield* write(file, "SLACK_WEBHOOK='https://hooks.test/x y'\nBEADS_DIR=/from/env/file\n: $UNSET_VARIABLE\n", 0o600)
      const loaded = yield* env({ HOME: home }, script)
      assert.deepStrictEqual([loaded.exitCode, loaded.stderr], [0, ""])
      const got = (yield* seen).env
      assert.strictEqual(got["SLACK_WEBHOOK"], "https://hooks.test/x y")
      assert.strictEqual(got["BEADS_DIR"], "/from/env/file")
      yield* fs.remove(`${home}/../nightly dispatch.cjs.seen`)
      for (const mode of [0o644, 0o640, 0o602]) {
        yield* fs.chmod(file, mode)
        const refused = yield* env({ HOME: home }, script)
        assert.strictEqual(refused.exitCode, 5, mode.toString(8))
        assert.include(refused.stderr, `${file}: has to be a file of yours with mode 0600`)
      }
      assert.strictEqual((yield* Effect.flip(seen))._tag, "SystemError")
    })
  )

  live(
    "a node that an upgrade removed is looked up on PATH; a missing program is an error",
    Effect.gen(function* () {
      const { at, env, fs, home, program, script, seen, wrapper } = yield* machine
      yield* wrapper({ node: `${at}/old/node`, path: [process.execPath.slice(0, process.execPath.lastIndexOf("/"))] })
      assert.strictEqual((yield* env({ HOME: home }, script)).exitCode, 0)
      assert.deepStrictEqual((yield* seen).args, ["run"])
      yield* fs.remove(program)
      const ended = yield* env({ HOME: home }, script)
      assert.strictEqual(ended.exitCode, 127)
      assert.include(ended.stderr, `${program} is missing`)
    })
  )
})

/** A crontab line as cron takes it apart: the schedule's fields, then the command up to the first bare `%`. */
const asCronDoes = (line: string): string => {
  const rest = /^(?:\S+ ){5}(.*)$/s.exec(line)?.[1] ?? ""
  let command = ""
  let escaped = false
  for (const char of rest) {
    if (escaped) {
      command = char === "%" ? `${command.slice(0, -1)}%` : `${command}${char}`
      escaped = false
    } else if (char === "%") {
      return command
    } else {
      command += char
      escaped = char === "\\"
    }
  }
  return command
}

describe("the log", () => {
  live(
    "is closed to other users before the run writes to it, a new one and an old one, whatever the umask is",
    Effect.gen(function* () {
      const { at, env, fs, home, script, wrapper, write } = yield* machine
      yield* wrapper()
      for (const shell of ["/bin/sh", "bash"]) {
        const log = `${at}/${path.basename(shell)}.log`
        const run = env({ HOME: home, PATH: "/usr/bin:/bin", LOG: log, SCRIPT: script }, shell, "-c", RUN_WITH_LOG)
        for (const text of ["", "old\n"]) {
          if (text !== "") yield* write(log, text, 0o666)
          assert.strictEqual((yield* run).exitCode, 0)
          assert.strictEqual((yield* fs.stat(log)).mode & 0o777, 0o600)
          assert.strictEqual(yield* fs.readFileString(log), `${text}the stub ran\n`)
        }
      }
      const { exitCode, stdout } = yield* env({ HOME: home, PATH: "/usr/bin:/bin" }, "bash", script)
      assert.deepStrictEqual([exitCode, stdout], [0, "the stub ran\n"])
    })
  )
})

describe("the crontab line", () => {
  const input: CrontabInput = {
    schedule: NIGHTLY,
    bash: "/opt/homebrew/bin/bash",
    jobWrapper: "/Users/someone/agent-skills/scripts/dx-job-wrapper.sh",
    script: "/Users/someone/agent-skills/scripts/dx-nightly-dispatcher.sh",
    log: "/Users/someone/logs/dx/nightly-dispatch.log",
    logDirectoryExists: true
  }

  it("bd-XXXX.4.2 equals the line in the fleet's crontab", () => {
    assert.strictEqual(
      crontabLine(input),
      "0 6-13 * * * /opt/homebrew/bin/bash /Users/someone/agent-skills/scripts/dx-job-wrapper.sh nightly-dispatch -- /Users/someone/agent-skills/scripts/dx-nightly-dispatcher.sh >> /Users/someone/logs/dx/nightly-dispatch.log 2>&1"
    )
    assert.strictEqual(
      crontabLine({ ...input, jobWrapper: undefined, logDirectoryExists: false }),
      "0 6-13 * * * mkdir -p /Users/someone/logs/dx && /opt/homebrew/bin/bash /Users/someone/agent-skills/scripts/dx-nightly-dispatcher.sh >> /Users/someone/logs/dx/nightly-dispatch.log 2>&1"
    )
  })

  live(
    "bd-XXXX.4.2 runs under the job wrapper, which keeps state and log and passes on the exit code",
    Effect.gen(function* () {
      const { at, env, fs, home, script, seen, wrapper, write } = yield* machine
      const jobWrapper = `${home}/agent-skills/scripts/dx-job-wrapper.sh`
      yield* write(jobWrapper, JOB_WRAPPER, 0o755)
      yield* wrapper()
      const log = `${at}/logs 5%/\\%/cron.log`
      const line = crontabLine({ ...input, bash: "/bin/bash", jobWrapper, script, log, logDirectoryExists: false })
      const cron = { HOME: home, LOGNAME: "someone", SHELL: "/bin/sh", PATH: "/usr/bin:/bin" }
      const good = yield* env(cron, "/bin/sh", "-c", asCronDoes(line))
      assert.deepStrictEqual([good.exitCode, good.stdout, good.stderr], [0, "", ""])
      assert.deepStrictEqual((yield* seen).args, ["run"])
      assert.isTrue(yield* fs.exists(`${home}/.dx-state/nightly-dispatch.last_ok`))
      assert.include(yield* fs.readFileString(`${home}/logs/dx/nightly-dispatch.log`), "the stub ran")
      assert.isTrue(yield* fs.exists(log))
      const bad = yield* env({ ...cron, STUB_EXIT: "4" }, "/bin/sh", "-c", asCronDoes(line))
      assert.strictEqual(bad.exitCode, 4)
      assert.include(yield* fs.readFileString(`${home}/.dx-state/nightly-dispatch.last_fail`), "(exit 4)")
    })
  )

  live(
    "runs without a job wrapper too",
    Effect.gen(function* () {
      const { at, env, fs, home, script, seen, wrapper } = yield* machine
      yield* wrapper()
      const log = `${at}/new/nightly.log`
      const line = crontabLine({
        ...input,
        bash: "/bin/bash",
        jobWrapper: undefined,
        script,
        log,
        logDirectoryExists: false
      })
      const ended = yield* env({ HOME: home, STUB_EXIT: "3" }, "/bin/sh", "-c", asCronDoes(line))
      assert.strictEqual(ended.exitCode, 3)
      assert.deepStrictEqual((yield* seen).args, ["run"])
      assert.include(yield* fs.readFileString(log), "the stub ran")
    })
  )
})

describe("quoting", () => {
  const value = fc
    .oneof(
      fc.string({ unit: codePoint }),
      fc
        .array(fc.constantFrom("'", '"', "$", "`", "\\", "%", " ", "\n", "!", "~", "*", "#", ";", "-", "é", "a"), {
          maxLength: 12
        })
        .map((parts) => parts.join(""))
    )
    .map((text) => text.replaceAll("\0", "").replaceAll(/[\ud800-\udfff]/gu, ""))
  const values = fc.array(value, { minLength: 1, maxLength: 30 })

  const print = (shell: string, command: string) =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const ended = yield* exec.run({
        tool: "agent",
        command: shell,
        args: ["-c", command],
        cwd: "/",
        timeout: "20 seconds"
      })
      assert.strictEqual(ended.exitCode, 0, ended.stderr)
      return ended.stdout.split("\0").slice(0, -1)
    })

  live(
    "any value arrives whole through bash and sh",
    Effect.forEach(
      fc.sample(values, 12),
      (words) =>
        Effect.gen(function* () {
          const command = `printf '%s\\0' ${words.map(shellWord).join(" ")}`
          assert.deepStrictEqual(yield* print("/bin/bash", command), words)
          assert.deepStrictEqual(yield* print("/bin/sh", command), words)
        }),
      { discard: true }
    )
  )

  live(
    "any value on one line arrives whole through a crontab",
    Effect.forEach(
      fc.sample(values, 8),
      (words) =>
        Effect.forEach(
          words.map((word) => word.replaceAll(/[\n\r]/g, "")).slice(0, 4),
          (word) =>
            Effect.gen(function* () {
              const line = crontabLine({
                schedule: NIGHTLY,
                bash: "printf",
                jobWrapper: undefined,
                script: `x${word}`,
                log: "/dev/stdout",
                logDirectoryExists: true
              })
              // printf takes the word for its format: show it as it is instead.
              const command = asCronDoes(line).replace(/^printf /, "printf '%s\\0' ")
              assert.deepStrictEqual(yield* print("/bin/sh", command), [`x${word}`])
            }),
          { discard: true }
        ),
      { discard: true }
    )
  )

  live(
    "any value in a wrapper's variables and paths arrives whole",
    Effect.gen(function* () {
      const { env, fs, home, program, script, wrapper, write } = yield* machine
      // In place of Node: a shell starts in a tenth of the time.
      yield* write(program, 'printf "%s" "$NIGHTLY_DISPATCH_CONFIG" > "$0.seen"', 0o644)
      for (const word of fc.sample(value, 12)) {
        const variables = [["NIGHTLY_DISPATCH_CONFIG", `x${word}`]] as const
        yield* wrapper({ node: "/bin/sh", variables, directory: `${home}/none${word}` })
        const ended = yield* env({ HOME: home }, script)
        assert.strictEqual(ended.exitCode, 0, ended.stderr)
        assert.strictEqual(yield* fs.readFileString(`${program}.seen`), `x${word}`)
        assert.include(ended.stderr, `there is no directory ${home}/none${word}; `)
      }
      assert.isTrue(yield* fs.exists(script))
    })
  )
})

describe("nightly-dispatch cron", () => {
  const machineOf = (at: string, home: string, environment: Record<string, string>) =>
    inMemory({
      environment,
      cwd: `${at}/the repo`,
      home,
      node: process.execPath,
      program: `${at}/nightly dispatch.cjs`
    })
  const cli = Command.run(root.pipe(Command.withSubcommands([cronCommand])), { name: "nd", version: "0" })

  live(
    "bd-XXXX.4.2 wrapper: a run from cron finds this environment's settings, and no secret is printed",
    Effect.gen(function* () {
      const { at, env, fs, home, program, script, seen, write } = yield* machine
      yield* fs.writeFileString(`${at}/the repo/nightly-dispatch.yaml`, "limits: { maxAttempts: 4 }")
      const { layer, out: printed } = machineOf(at, home, {
        BEADS_DIR: "beads dir",
        SLACK_WEBHOOK: "https://hooks.test/SECRET",
        NIGHTLY_DISPATCH_ALERTS_SLACK: "https://hooks.test/SECRET",
        NIGHTLY_DISPATCH_PROVIDERS: "gemini,opencode",
        NIGHTLY_DISPATCH_WORKSPACE_ROOT: "work",
        DX_RUNNER_PATH: "/opt/dx runner/dx-runner"
      })
      yield* Effect.provide(cli(["node", "nd", "cron", "wrapper"]), layer)
      const text = printed.join("")
      assert.notInclude(text, "SECRET")
      assert.include(text, program.replaceAll("'", `'\\''`))
      yield* write(script, text, 0o755)
      const ended = yield* env({ HOME: home }, script)
      assert.deepStrictEqual([ended.exitCode, ended.stderr], [0, ""])
      const { cwd, env: got } = yield* seen
      assert.strictEqual(cwd, `${at}/the repo`)
      assert.deepStrictEqual(
        [
          "NIGHTLY_DISPATCH_CONFIG",
          "BEADS_DIR",
          "NIGHTLY_DISPATCH_PROVIDERS",
          "NIGHTLY_DISPATCH_WORKSPACE_ROOT",
          "DX_RUNNER_PATH",
          "SLACK_WEBHOOK",
          "NIGHTLY_DISPATCH_ALERTS_SLACK",
          "NIGHTLY_DISPATCH_STATE_DIR"
        ].map((name) => got[name]),
        [
          `${at}/the repo/nightly-dispatch.yaml`,
          `${at}/the repo/beads dir`,
          "gemini,opencode",
          `${at}/the repo/work`,
          "/opt/dx runner/dx-runner",
          undefined,
          undefined,
          undefined
        ]
      )
    })
  )

  live(
    "bd-XXXX.4.2 print: the fleet's line if the job wrapper is installed, a plain one if not, and no malformed schedule",
    Effect.gen(function* () {
      const { at, fs, home, write } = yield* machine
      const { layer, out: printed, streams } = machineOf(at, home, {})
      const run = (...args: ReadonlyArray<string>) =>
        Effect.consoleWith((base) =>
          Effect.withConsole(cli(["node", "nd", "cron", "print", ...args]), plainConsole(base, streams))
        ).pipe(Effect.provide(layer))
      yield* run()
      yield* write(`${home}/agent-skills/scripts/dx-job-wrapper.sh`, JOB_WRAPPER, 0o755)
      yield* fs.makeDirectory(`${home}/logs/dx`, { recursive: true })
      yield* run("--schedule", "*/30 1 * * *", "--script", "wrapper.sh")
      const quoted = (text: string) => shellWord(text).replaceAll("%", "''\\%")
      const [plain, fleet] = printed.map((line) => line.replace(/\S*\/bash /, "bash "))
      const log = quoted(`${home}/logs/dx/nightly-dispatch.log`)
      assert.strictEqual(
        plain,
        `0 6-13 * * * mkdir -p ${quoted(`${home}/logs/dx`)} && bash ${quoted(`${home}/.local/bin/dx-nightly-dispatcher.sh`)} >> ${log} 2>&1\n`
      )
      assert.strictEqual(
        fleet,
        `*/30 1 * * * bash ${quoted(`${home}/agent-skills/scripts/dx-job-wrapper.sh`)} nightly-dispatch -- ${quoted(`${at}/the repo/wrapper.sh`)} >> ${log} 2>&1\n`
      )
      for (const schedule of ["now", "0 6 * * * rm -rf", "0 6 * *", "0 6 * * *\n* * * * * x"]) {
        const error = yield* Effect.flip(run("--schedule", schedule))
        assert.strictEqual(error._tag, "InvalidValue", schedule)
      }
      assert.lengthOf(printed, 2)
    })
  )
})

describe("the wrapper script as a way to any command", () => {
  live(
    "passes a command and its arguments on, and starts a run without one",
    Effect.gen(function* () {
      const { env, home, script, seen, wrapper } = yield* machine
      yield* wrapper()
      for (const [args, expected] of [
        [[], ["run"]],
        [
          ["--max", "1"],
          ["run", "--max", "1"]
        ],
        [
          ["run", "--dry-run"],
          ["run", "--dry-run"]
        ],
        [
          ["doctor", "a b"],
          ["doctor", "a b"]
        ]
      ] as const) {
        assert.strictEqual((yield* env({ HOME: home }, "bash", script, ...args)).exitCode, 0)
        assert.deepStrictEqual((yield* seen).args, expected)
      }
    })
  )

  live(
    "is a script for bash whatever it holds, and says so of itself",
    Effect.gen(function* () {
      const { at, env, fs, script, wrapper } = yield* machine
      yield* wrapper({ given: [`${at}/it's`], path: [at], variables: [["BEADS_DIR", "a\n'b\" $c"]] })
      assert.strictEqual((yield* env({}, "/bin/bash", "-n", script)).stderr, "")
      const text = yield* fs.readFileString(script)
      assert.deepStrictEqual(wrapperFacts(text), { name: "shop", given: [`${at}/it's`], isUnchanged: true })
      assert.isFalse(wrapperFacts(text.replace("set -euo", "set -eu"))?.isUnchanged)
      assert.isFalse(wrapperFacts(text.replace(/digest [0-9a-f]{16}/, "digest 0123456789abcdef"))?.isUnchanged)
      assert.isUndefined(wrapperFacts("#!/bin/sh\necho mine\n"))
    })
  )

  live(
    "ends a run that hangs after the limit, with timeout -k where there is one, and no other command",
    Effect.gen(function* () {
      const { at, env, home, program, script, seen, wrapper, write } = yield* machine
      yield* write(
        program,
        "require('node:fs').writeFileSync(__filename + '.hangs', '')\nsetTimeout(() => {}, 60_000)\n",
        0o644
      )
      yield* wrapper({ limit: 2 })
      const ended = yield* env({ HOME: home }, "bash", script)
      assert.strictEqual(ended.exitCode, 124)
      // Where timeout knows no -k, as in an old busybox, the run starts all the same.
      yield* write(`${at}/my scripts/timeout`, "#!/bin/sh\nexit 125\n", 0o755)
      yield* write(program, STUB, 0o644)
      yield* wrapper({ limit: 2, given: [`${at}/my scripts`] })
      assert.strictEqual((yield* env({ HOME: home }, "bash", script)).exitCode, 0)
      assert.deepStrictEqual((yield* seen).args, ["run"])
      yield* write(`${at}/my scripts/timeout`, `#!/bin/sh\n[ "$2" != 1 ] && echo "limited $*"\nexit 0\n`, 0o755)
      const run = yield* env({ HOME: home }, "bash", script)
      assert.match(run.stdout, /^limited -k 30 2 .* run\n$/)
      assert.strictEqual((yield* env({ HOME: home }, "bash", script, "status")).stdout, "the stub ran\n")
    })
  )

  live(
    "begins no trace of another, and moves a log of more than 5 MiB away, also when the job wrapper opened it, and goes on in a new one of mode 0600",
    Effect.gen(function* () {
      const { env, fs, home, script, seen, wrapper, write } = yield* machine
      yield* wrapper()
      const log = `${home}/logs/dx/nightly-dispatch.log`
      yield* fs.makeDirectory(`${home}/logs/dx`, { recursive: true })
      const run = env({ HOME: home, LOG: log, SCRIPT: script, TRACEPARENT: "x" }, "/bin/sh", "-c", RUN_WITH_LOG)
      yield* write(log, "x".repeat(5 * 1024 * 1024), 0o644)
      yield* run
      assert.isFalse(yield* fs.exists(`${log}.1`))
      assert.isUndefined((yield* seen).env["TRACEPARENT"])
      yield* run
      assert.strictEqual(yield* fs.readFileString(log), "the stub ran\n")
      assert.strictEqual((yield* fs.stat(log)).mode & 0o777, 0o600)
      assert.strictEqual((yield* fs.stat(`${log}.1`)).mode & 0o777, 0o600)
      assert.strictEqual(Number((yield* fs.stat(`${log}.1`)).size), 5 * 1024 * 1024 + 13)
      const jobWrapper = `${home}/agent-skills/scripts/dx-job-wrapper.sh`
      yield* write(jobWrapper, JOB_WRAPPER, 0o755)
      yield* write(log, "y".repeat(6 * 1024 * 1024), 0o644)
      yield* env({ HOME: home }, "bash", jobWrapper, "nightly-dispatch", "--", script)
      assert.strictEqual(yield* fs.readFileString(log), "the stub ran\n")
      assert.strictEqual(Number((yield* fs.stat(`${log}.1`)).size), 6 * 1024 * 1024)
    })
  )
})
