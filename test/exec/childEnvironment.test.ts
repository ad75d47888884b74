import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { childEnvironment, USUAL_VARIABLES, WITHHELD_VARIABLES, type Tool } from "../../src/exec/childEnvironment.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"

/** A name that a pattern stands for. */
const like = (pattern: string) => pattern.replace("*", "SOMETHING")

describe("the environment of a command", () => {
  it("of an agent contains the variables that the runner, the tracker, the providers and network tools read", () => {
    const read = `
      PATH HOME USER LANG LC_ALL TZ TMPDIR XDG_CONFIG_HOME NO_COLOR https_proxy NO_PROXY SSH_AUTH_SOCK
      SSL_CERT_FILE NODE_EXTRA_CA_CERTS BEADS_DIR BD_ACTOR BEADS_ACTOR BD_LOCK_TIMEOUT
      BEADS_REPO_PATH BEADS_DOLT_AUTO_START DX_RUNNER_EXTRA_ALLOWED_PREFIXES
      DX_RUNNER_MAX_PARALLEL_OPENCODE DX_ALLOW_NON_CANONICAL_BD_CWD DX_AUTH_CACHE_ONLY AGENTS_ROOT
      RAILWAY_API_TOKEN REQUIRE_RAILWAY_AUTH USE_PTY OPENCODE_MODEL CC_GLM_AUTH_TOKEN CC_GLM_TOKEN_FILE
      ZAI_API_KEY OP_SERVICE_ACCOUNT_TOKEN CLAUDE_CODE_MODEL GEMINI_API_KEY GOOGLE_API_KEY
      ANTHROPIC_AUTH_TOKEN OPENAI_API_KEY`
      .trim()
      .split(/\s+/)
    const ours = Object.fromEntries(read.map((name) => [name, "x"]))
    assert.deepStrictEqual(childEnvironment("agent", ours), ours)
  })

  it("contains no other variable of ours: no other service's key, no alert address, no working directory", () => {
    const ours = Object.fromEntries(
      [
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "DATABASE_URL",
        "SLACK_BOT_TOKEN",
        "LD_PRELOAD",
        "PWD",
        "MY_PATH",
        "path"
      ]
        .concat(WITHHELD_VARIABLES)
        .map((name) => [name, "x"])
    )
    assert.deepStrictEqual(childEnvironment("agent", ours), {})
  })

  it("contains the variables that the settings pass, by name or by prefix", () => {
    const ours = { MY_ONE: "1", MY_TWO: "2", MINE: "3", GITHUB_TOKEN: "4", GITHUB_TOKEN_2: "5" }
    assert.deepStrictEqual(childEnvironment("agent", ours, {}, { pass: ["MY_*", "GITHUB_TOKEN"] }), {
      MY_ONE: "1",
      MY_TWO: "2",
      GITHUB_TOKEN: "4"
    })
  })

  it("contains no variable of git, even if the settings pass it, but those of its spec", () => {
    const ours = { GIT_DIR: "/other", GIT_SSH_COMMAND: "ssh -v", GITHUB_TOKEN: "t" }
    assert.deepStrictEqual(childEnvironment("agent", ours, { GIT_PAGER: "cat" }, { pass: ["GIT*", "GIT_DIR"] }), {
      GITHUB_TOKEN: "t",
      GIT_PAGER: "cat"
    })
  })

  it("contains the variables of its spec, listed or not; undefined removes one", () => {
    assert.deepStrictEqual(
      childEnvironment("agent", { HOME: "/h", LANG: "C" }, { HOME: undefined, LANG: "de", OWN: "1" }),
      {
        LANG: "de",
        OWN: "1"
      }
    )
  })

  it("never contains an alert address, under any name, passed or set", () => {
    const address = "https://hooks.test/0123456789"
    const ours = {
      SLACK_WEBHOOK: address,
      NODE_HOOK: address,
      DX_NOTE: `curl ${address}`,
      DX_OTHER: "https://hooks.test/"
    }
    assert.deepStrictEqual(
      childEnvironment(
        "agent",
        ours,
        { SLACK_WEBHOOK: "x", OWN: address },
        { pass: ["SLACK_*"], withhold: [address, "x"] }
      ),
      { DX_OTHER: "https://hooks.test/" }
    )
    assert.deepStrictEqual(childEnvironment("agent", { PATH: "/bin" }, {}, { withhold: ["", "bin"] }), { PATH: "/bin" })
  })

  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/),
    fc.constantFrom(...USUAL_VARIABLES.agent.map(like), ...WITHHELD_VARIABLES, "__proto__", "constructor")
  )
  const variables = fc.array(fc.tuple(name, fc.string()), { maxLength: 12 }).map((pairs) => Object.fromEntries(pairs))
  const tool = fc.constantFrom<Tool>("system", "git", "tracker", "worktree", "agent")
  const pass = fc.array(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,3}\*?$/), { maxLength: 3 })
  const secrets = fc.array(fc.string({ minLength: 8 }), { maxLength: 2 })

  it("any environment: every variable is on the list or set by the spec, has its own value, and is not withheld", () => {
    fc.assert(
      fc.property(tool, variables, variables, pass, secrets, (tool, ours, spec, pass, withhold) => {
        const given = childEnvironment(tool, ours, spec, { pass, withhold })
        const listed = [...USUAL_VARIABLES[tool], ...(tool === "agent" ? pass : [])]
        for (const [name, value] of Object.entries(given)) {
          assert.notInclude(WITHHELD_VARIABLES, name)
          assert.isFalse(withhold.some((secret) => value.includes(secret)))
          if (Object.hasOwn(spec, name)) assert.strictEqual(value, spec[name])
          else {
            assert.strictEqual(value, ours[name])
            assert.isFalse(name.startsWith("GIT_"))
            const isListed = (one: string) => one === name || (one.endsWith("*") && name.startsWith(one.slice(0, -1)))
            assert.isTrue(listed.some(isListed), name)
          }
        }
        const missing = Object.keys(spec).filter((name) => !Object.hasOwn(given, name))
        for (const name of missing) {
          const value = spec[name] ?? ""
          assert.isTrue(WITHHELD_VARIABLES.includes(name) || withhold.some((secret) => value.includes(secret)), name)
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("any environment: passing more variables removes none", () => {
    fc.assert(
      fc.property(variables, pass, pass, (ours, some, more) => {
        const few = childEnvironment("agent", ours, {}, { pass: some })
        const many = childEnvironment("agent", ours, {}, { pass: [...some, ...more] })
        assert.deepStrictEqual({ ...many, ...few }, many)
      })
    )
  })

  const PLANTED = {
    SLACK_WEBHOOK: "https://hooks.test/planted",
    AWS_SECRET_ACCESS_KEY: "planted",
    GITHUB_TOKEN: "planted",
    GIT_DIR: "/planted",
    SSH_AUTH_SOCK: "/agent.sock",
    BD_LOCK_TIMEOUT: "9",
    DX_AUTH_CACHE_ONLY: "1",
    ANTHROPIC_API_KEY: "of the provider"
  }

  /** The names of planted variables that a command finds when it is run, and when it is launched. */
  const seen = (tool: Tool) =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const directory = yield* Effect.acquireRelease(
        Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "environment-"))),
        (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
      )
      const common = { tool, cwd: directory, env: { OWN: "1" } }
      const ran = yield* exec.run({ ...common, command: "env", args: [], timeout: "20 seconds" })
      const logFile = path.join(directory, "log")
      const job = yield* exec.launch({ ...common, command: "sh", args: ["-c", "env; echo END"], logFile })
      yield* Effect.addFinalizer(() => exec.endGroup(job))
      const launched = yield* Effect.promise(() => fs.readFile(logFile, "utf8")).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (text) => text.includes("END"), times: 250 })
      )
      return [ran.stdout, launched].map((text) => {
        assert.match(text, /^PATH=/m)
        assert.match(text, /^OWN=1$/m)
        return Object.keys(PLANTED).filter((name) => new RegExp(`^${name}=`, "m").test(text))
      })
    })

  it.scopedLive("of a real process of each kind holds its own variables, and no others", () =>
    Effect.gen(function* () {
      const expected: Readonly<Record<Tool, ReadonlyArray<string>>> = {
        system: [],
        git: ["SSH_AUTH_SOCK"],
        tracker: ["SSH_AUTH_SOCK", "BD_LOCK_TIMEOUT"],
        worktree: ["SSH_AUTH_SOCK", "DX_AUTH_CACHE_ONLY"],
        forge: ["GITHUB_TOKEN", "SSH_AUTH_SOCK"],
        pager: [],
        notifier: ["SSH_AUTH_SOCK"],
        agent: ["GITHUB_TOKEN", "SSH_AUTH_SOCK", "BD_LOCK_TIMEOUT", "DX_AUTH_CACHE_ONLY", "ANTHROPIC_API_KEY"]
      }
      for (const tool of ["system", "git", "tracker", "worktree", "forge", "pager", "notifier", "agent"] as const)
        for (const names of yield* seen(tool)) assert.deepStrictEqual(names, expected[tool], tool)
    }).pipe(
      Effect.provide(
        NodeExec.layerWith({
          environment: { PATH: process.env["PATH"], ...PLANTED },
          pass: ["GITHUB_TOKEN", "SLACK_*", "GIT_*"]
        })
      )
    )
  )

  it.scopedLive("of our own program is the whole one, alert addresses too, without what its spec removes", () =>
    Effect.gen(function* () {
      const [exec, directory] = yield* Effect.all([
        Exec,
        Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nd-env-")))
      ])
      yield* Effect.addFinalizer(() => Effect.promise(() => fs.rm(directory, { recursive: true, force: true })))
      const logFile = path.join(directory, "log")
      const spec = {
        tool: "nightly-dispatch" as const,
        command: "sh",
        args: ["-c", "env; echo END"],
        cwd: directory,
        logFile
      }
      yield* exec.launchGated({ ...spec, env: { OWN: "1", LEFT_OUT: undefined } }, () => Effect.void)
      const text = yield* Effect.promise(() => fs.readFile(logFile, "utf8")).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (text) => text.includes("END"), times: 250 })
      )
      for (const line of ["SLACK_WEBHOOK=https://hooks.test/x", "MINE=yes", "OWN=1"]) assert.include(text, `${line}\n`)
      assert.notInclude(text, "LEFT_OUT")
    }).pipe(
      Effect.provide(
        NodeExec.layerWith({
          environment: { PATH: process.env["PATH"], SLACK_WEBHOOK: "https://hooks.test/x", MINE: "yes", LEFT_OUT: "x" },
          withhold: ["https://hooks.test/x"]
        })
      )
    )
  )
})
