import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import { Exec, ExecTimedOut, type ExecResult, type ExecSpec, type ExecError } from "../../../src/exec/Exec.ts"
import { agentCommand } from "../../../src/runner/local/agentCommand.ts"
import { preflightLocally } from "../../../src/runner/local/preflight.ts"
import { capOf, presetCaps, presetReports, type Environment } from "../../../src/runner/local/presets.ts"
import { NASTY_TEXT } from "../../contract/support.ts"

const provider = (name: string, more: Partial<Omit<Provider, "name">> = {}): Provider =>
  Provider.make({ name: ProviderName.make(name), ...more })

const assignment = { prompt: NASTY_TEXT, promptFile: "/tmp/bd-1 it's.prompt", worktree: "/tmp/agents/bd-1/repo" }

const command = (of: Provider, environment: Environment = {}) =>
  Either.getOrThrowWith(agentCommand(of, environment, assignment), (problem) => new Error(problem))

const problem = (of: Provider) =>
  Either.match(agentCommand(of, {}, assignment), { onLeft: (text) => text, onRight: () => "none" })

describe("the presets", () => {
  it("opencode runs the prompt, with a model only if one is set", () => {
    assert.deepStrictEqual(command(provider("opencode")), {
      command: "opencode",
      args: ["run", "--", NASTY_TEXT],
      env: {}
    })
    assert.deepStrictEqual(command(provider("opencode", { model: "zhipuai/glm-5.1" })).args, [
      "run",
      "--model=zhipuai/glm-5.1",
      "--",
      NASTY_TEXT
    ])
  })

  it("opencode and cc-glm print JSON only if they must print what they use; only they report it", () => {
    const args = (name: string, usage: boolean) =>
      Either.getOrThrow(agentCommand(provider(name), { ZAI_API_KEY: "x" }, { ...assignment, usage })).args
    const more = (name: string) => args(name, true).filter((each) => !args(name, false).includes(each))
    const flags = { opencode: ["--format=json"], "cc-glm": ["--output-format=json"], gemini: [] }
    for (const [name, added] of Object.entries(flags)) {
      assert.deepStrictEqual(more(name), added)
      assert.strictEqual(presetReports.get(name), added.length > 0, name)
    }
    assert.deepStrictEqual(
      [...presetReports.keys()],
      presetCaps.map(([name]) => name)
    )
  })

  it("cc-glm is Claude Code on the GLM endpoint, its token in the environment only", () => {
    const agent = command(provider("cc-glm"), { ZAI_API_KEY: "s3cret" })
    assert.strictEqual(agent.command, "claude")
    assert.deepStrictEqual(agent.args, [
      "--print",
      "--permission-mode=acceptEdits",
      "--allowedTools=Bash",
      "--model=glm-5",
      "--",
      NASTY_TEXT
    ])
    assert.deepStrictEqual(agent.env, {
      ANTHROPIC_BASE_URL: "https://api.z.ai/api/anthropic",
      ANTHROPIC_AUTH_TOKEN: "s3cret",
      ANTHROPIC_API_KEY: undefined
    })
    assert.isTrue("ANTHROPIC_API_KEY" in agent.env, "removed, not left as it is")
  })

  it("cc-glm prefers its own variables for endpoint, model and token", () => {
    const environment = {
      CC_GLM_BASE_URL: "http://127.0.0.1:9/glm",
      CC_GLM_MODEL: "glm-4.7",
      CC_GLM_AUTH_TOKEN: "mine",
      ZAI_API_KEY: "other"
    }
    const agent = command(provider("cc-glm"), environment)
    assert.include(agent.args, "--model=glm-4.7")
    assert.strictEqual(agent.env["ANTHROPIC_BASE_URL"], "http://127.0.0.1:9/glm")
    assert.strictEqual(agent.env["ANTHROPIC_AUTH_TOKEN"], "mine")
    assert.include(command(provider("cc-glm", { model: "glm-5.1" }), environment).args, "--model=glm-5.1")
  })

  it("gemini confirms every action itself and trusts its worktree", () => {
    assert.deepStrictEqual(command(provider("gemini")), {
      command: "gemini",
      args: ["--yolo", `--prompt=${NASTY_TEXT}`],
      env: { GEMINI_CLI_TRUST_WORKSPACE: "true" }
    })
    assert.include(command(provider("gemini", { model: "pro" })).args, "--model=pro")
  })

  it("have the caps of dx-runner unless the settings set one", () => {
    const caps = ["opencode", "cc-glm", "gemini", "other"].map((name) => capOf(provider(name)))
    assert.deepStrictEqual(caps, [2, 2, 1, 2])
    assert.strictEqual(capOf(provider("gemini", { maxParallel: 4 })), 4)
    assert.strictEqual(capOf(provider("gemini", { command: ["x"] })), 1)
  })
})

describe("a command from the settings", () => {
  it("gets each placeholder replaced once, inside its element, whatever the prompt holds", () => {
    const prompt = "{worktree} $& {model} $1 {nonsense}"
    const of = provider("mine", {
      model: "m-1",
      command: ["/opt/my agent", "--file={promptFile}", "{prompt}", "{model}:{worktree}", '{"a":1}', "${}"]
    })
    assert.deepStrictEqual(
      agentCommand(of, {}, { ...assignment, prompt }),
      Either.right({
        command: "/opt/my agent",
        args: ["--file=/tmp/bd-1 it's.prompt", prompt, "m-1:/tmp/agents/bd-1/repo", '{"a":1}', "${}"],
        env: {}
      })
    )
  })

  it("replaces a preset and its environment", () => {
    assert.deepStrictEqual(command(provider("gemini", { command: ["my-gemini"] })), {
      command: "my-gemini",
      args: [],
      env: {}
    })
  })

  it("is rejected with an unknown placeholder, an unset model, or a placeholder as the program", () => {
    assert.include(problem(provider("mine", { command: ["a", "{promt}"] })), "{promt} is not known; there are {prompt}")
    assert.include(problem(provider("mine", { command: ["a", "{constructor}"] })), "{constructor} is not known")
    assert.include(problem(provider("mine", { command: ["a", "{model}"] })), "needs the provider's model")
    assert.include(problem(provider("mine", { command: ["{prompt}"] })), "takes no placeholder")
  })

  it("is required if there is no preset", () => {
    assert.include(problem(provider("codex")), 'providers: [{ name: codex, command: ["codex", "run", "{prompt}"] }]')
  })
})

describe("LocalRunner.preflight", () => {
  const said = (more: Partial<ExecResult>): ExecResult => ({
    exitCode: 0,
    signal: undefined,
    stdout: "1.2.3\n",
    stderr: "",
    duration: 0 as unknown as Duration.Duration,
    ...more
  })

  /** A host with these commands in /opt/bin, each answering `--version` like this. */
  const host = (
    commands: ReadonlyArray<string>,
    answer: Effect.Effect<ExecResult, ExecError> = Effect.succeed(said({}))
  ) => {
    const calls: Array<ExecSpec> = []
    const layer = Layer.mock(Exec, {
      which: (name) => Effect.succeed(commands.includes(name) ? `/opt/bin/${name}` : undefined),
      run: (spec) => Effect.suspend(() => (calls.push(spec), answer))
    })
    return { calls, layer }
  }
  const forCall = Effect.succeed("/tmp/of-the-call")
  const check = (of: Provider, on: ReturnType<typeof host>, environment: Environment = {}) =>
    preflightLocally(of, environment, "5 seconds" as unknown as Duration.Duration, { forCall }).pipe(
      Effect.catchTag("RunnerFailed", Effect.die),
      Effect.provide([on.layer, NodeFileSystem.layer])
    )

  it.effect("bd-XXXX.2.1 of a preset finds the command and asks it for its version", () =>
    Effect.gen(function* () {
      const on = host(["opencode"])
      const report = yield* check(provider("opencode"), on)
      assert.deepStrictEqual(report.lines, ["opencode binary: OK (/opt/bin/opencode)", "opencode version: OK (1.2.3)"])
      assert.deepStrictEqual(
        on.calls.map(({ command, args, env }) => `${command} ${args.join(" ")} TMPDIR=${env?.["TMPDIR"]}`),
        ["/opt/bin/opencode --version TMPDIR=/tmp/of-the-call"]
      )
    })
  )

  it.effect("bd-XXXX.2.1 of a missing command fails, and blames the provider", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(check(provider("cc-glm"), host(["opencode"])))
      assert.strictEqual(failure.message, "claude not found on PATH")
      assert.strictEqual(failure.blame, "provider")
      assert.deepStrictEqual(failure.lines, ["claude binary: MISSING", "  ERROR: claude not found on PATH"])
    })
  )

  it.effect("of cc-glm requires a token, and never shows it", () =>
    Effect.gen(function* () {
      const on = host(["claude"])
      const missing = yield* Effect.flip(check(provider("cc-glm"), on, { ZAI_API_KEY: " " }))
      assert.strictEqual(missing.message, "CC_GLM_AUTH_TOKEN or ZAI_API_KEY must be set")
      assert.strictEqual(missing.blame, "provider")
      const reference = yield* Effect.flip(check(provider("cc-glm"), on, { ZAI_API_KEY: "op://Vault/Item/key" }))
      assert.include(reference.message, "ZAI_API_KEY holds an op:// reference")
      assert.notInclude(JSON.stringify(reference), "Vault")
      const passed = yield* check(provider("cc-glm"), on, { ZAI_API_KEY: "s3cret" })
      assert.include(passed.lines, "auth resolution: OK (ZAI_API_KEY)")
      assert.notInclude(JSON.stringify([passed.lines, on.calls]), "s3cret")
    })
  )

  it.effect("of a command that fails or hangs tells why", () =>
    Effect.gen(function* () {
      const broken = host(["gemini"], Effect.succeed(said({ exitCode: 1, stdout: "", stderr: "Node 20\nneeded" })))
      const failure = yield* Effect.flip(check(provider("gemini"), broken))
      assert.strictEqual(failure.message, "gemini --version ended with exit code 1: Node 20 needed")
      const hung = host(["gemini"], new ExecTimedOut({ command: "gemini", timeoutMs: 5000, stdout: "", stderr: "" }))
      assert.include((yield* Effect.flip(check(provider("gemini"), hung))).message, "did not end within 5 s")
    })
  )

  it.effect("of a command from the settings checks that it exists, and runs nothing", () =>
    Effect.gen(function* () {
      const on = host(["my-agent"])
      const report = yield* check(provider("mine", { command: ["my-agent", "{prompt}"] }), on)
      assert.deepStrictEqual(report.lines, ["my-agent binary: OK (/opt/bin/my-agent)"])
      assert.isEmpty(on.calls)
    })
  )

  it.effect("of wrong settings blames the configuration", () =>
    Effect.gen(function* () {
      const unknown = yield* Effect.flip(check(provider("codex"), host(["codex"])))
      assert.strictEqual(unknown.blame, "config")
      const mistyped = yield* Effect.flip(check(provider("mine", { command: ["sh", "{promt}"] }), host(["sh"])))
      assert.strictEqual(mistyped.blame, "config")
    })
  )

  describe("with `preflight: model`", () => {
    const asking = { preflight: "model" } as const
    /** A host on which the agent ends like this. The temporary directory of a call is real. */
    const ask = (end: Partial<ExecResult> | ExecTimedOut, more: Partial<Provider> = {}, name = "opencode") =>
      Effect.gen(function* () {
        const directory = yield* Effect.acquireRelease(
          Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nd-ask-"))),
          (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
        )
        const seen: Array<string> = []
        const answer = Effect.suspend(() => {
          const [call] = on.calls
          seen.push(...fs.readdirSync(call?.cwd ?? "/"))
          return end instanceof ExecTimedOut ? Effect.fail(end) : Effect.succeed(said(end))
        })
        const on = host(["opencode", "claude", "my-agent"], answer)
        const report = yield* Effect.either(
          preflightLocally(provider(name, { ...asking, ...more }), { ZAI_API_KEY: "s3cret" }, Duration.seconds(60), {
            forCall: Effect.succeed(directory)
          }).pipe(Effect.provide([on.layer, NodeFileSystem.layer]))
        )
        return { report, call: on.calls[0], calls: on.calls.length, directory, seen }
      })
    const failureOf = (...args: Parameters<typeof ask>) =>
      Effect.map(ask(...args), ({ report }) => {
        assert(Either.isLeft(report) && report.left._tag === "PreflightFailed", "the preflight must fail")
        return report.left
      })

    it.scoped("asks the model once, as a job would, in an empty directory of its own", () =>
      Effect.gen(function* () {
        const { call, calls, directory, report, seen } = yield* ask({ stdout: "\nREADY.\n" }, {}, "cc-glm")
        assert.strictEqual(calls, 1)
        assert.strictEqual(call?.cwd, path.join(directory, "work"))
        assert.isEmpty(seen)
        assert.include(call?.args.at(-1), "the one word READY")
        assert.deepInclude(call?.env, { TMPDIR: directory, ANTHROPIC_AUTH_TOKEN: "s3cret" })
        assert(Either.isRight(report), "the model answered")
        assert.include(report.right.lines, "model: OK (it answered)")
        assert.isUndefined(report.right.doubt)
      })
    )

    it.scoped("fails with the model's own words if it refuses, also with exit code 0", () =>
      Effect.gen(function* () {
        const refused = yield* failureOf({ exitCode: 1, stdout: "", stderr: "Error: Incorrect API key provided\n" })
        assert.deepInclude(refused, { blame: "provider" })
        assert.include(
          refused.message,
          "its model does not answer: exit 1, unauthorised: Incorrect API key provided (needs a login from you: "
        )
        assert.deepStrictEqual(refused.needs, { kind: "login", next: "run `opencode auth login`, or renew its key" })
        const missing = yield* failureOf({ stdout: "", stderr: "Error: Model not found: zai/glm-5.1.\n" })
        assert.include(missing.message, "exit 0, model_not_found: Error: Model not found: zai/glm-5.1.")
        const full = yield* failureOf({ exitCode: 1, stdout: "", stderr: "Error: ENOSPC: no space left on device\n" })
        assert.strictEqual(full.blame, "host")
        const other = yield* failureOf({ exitCode: 3, stdout: "", stderr: "" })
        assert.strictEqual(other.message, "its model does not answer: exit 3")
      })
    )

    it.scoped("tells until when the model is limited, if its words name that", () =>
      Effect.gen(function* () {
        const asked = (stderr: string) =>
          Effect.map(failureOf({ exitCode: 1, stdout: "", stderr }), ({ freeAt }) => freeAt)
        assert.strictEqual(yield* asked("Error: Rate limit reached for m1. Please try again in 6m0s.\n"), 360_000)
        assert.isUndefined(yield* asked("Error: Rate limit reached for m1\n"))
        assert.isUndefined(yield* asked("Error: Incorrect API key provided, retry in 20s\n"))
      })
    )

    it.scoped("fails if the model does not answer in time, with what its agent printed until then", () =>
      Effect.gen(function* () {
        const end = { command: "opencode", timeoutMs: 60_000, stdout: "", stderr: "Retrying with backoff…\n" }
        const failure = yield* failureOf(new ExecTimedOut(end))
        assert.strictEqual(failure.message, "its model does not answer: no answer within 1m: Retrying with backoff…")
      })
    )

    it.scoped("passes with a doubt if the answer is another one", () =>
      Effect.gen(function* () {
        const { report } = yield* ask({ stdout: "Hello! How can I help?\n" })
        assert(Either.isRight(report), "the model answered")
        assert.include(report.right.doubt, "Hello! How can I help?")
        assert.lengthOf(report.right.warnings, 1)
      })
    )

    it.scoped("asks through a command from the settings as well", () =>
      Effect.gen(function* () {
        const command: Provider["command"] = ["my-agent", "{promptFile}", "{worktree}"]
        const { call, directory, report } = yield* ask({ stdout: "ready" }, { command }, "mine")
        assert.isTrue(Either.isRight(report))
        assert.deepStrictEqual(call?.args, [path.join(directory, "prompt"), path.join(directory, "work")])
        assert.include(fs.readFileSync(path.join(directory, "prompt"), "utf8"), "READY")
      })
    )
  })
})
