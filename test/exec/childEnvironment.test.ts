import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { childEnvironment, USUAL_VARIABLES, WITHHELD_VARIABLES } from "../../src/exec/childEnvironment.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"

/** A name that a pattern stands for. */
const like = (pattern: string) => pattern.replace("*", "SOMETHING")

describe("the environment of a command", () => {
  it("contains the variables that the runner, the tracker, git, the providers and network tools read", () => {
    const read = `
      PATH HOME USER LANG LC_ALL TZ TMPDIR XDG_CONFIG_HOME NO_COLOR https_proxy NO_PROXY SSH_AUTH_SOCK
      GIT_SSH_COMMAND SSL_CERT_FILE NODE_EXTRA_CA_CERTS BEADS_DIR BD_ACTOR BEADS_ACTOR BD_LOCK_TIMEOUT
      BEADS_REPO_PATH BEADS_DOLT_AUTO_START DX_RUNNER_EXTRA_ALLOWED_PREFIXES
      DX_RUNNER_MAX_PARALLEL_OPENCODE DX_ALLOW_NON_CANONICAL_BD_CWD DX_AUTH_CACHE_ONLY AGENTS_ROOT
      RAILWAY_API_TOKEN REQUIRE_RAILWAY_AUTH USE_PTY OPENCODE_MODEL CC_GLM_AUTH_TOKEN CC_GLM_TOKEN_FILE
      ZAI_API_KEY OP_SERVICE_ACCOUNT_TOKEN CLAUDE_CODE_MODEL GEMINI_API_KEY GOOGLE_API_KEY
      ANTHROPIC_AUTH_TOKEN OPENAI_API_KEY`
      .trim()
      .split(/\s+/)
    const ours = Object.fromEntries(read.map((name) => [name, "x"]))
    assert.deepStrictEqual(childEnvironment(ours), ours)
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
    assert.deepStrictEqual(childEnvironment(ours), {})
  })

  it("contains the variables that the settings pass, by name or by prefix", () => {
    const ours = { MY_ONE: "1", MY_TWO: "2", MINE: "3", GITHUB_TOKEN: "4", GITHUB_TOKEN_2: "5" }
    assert.deepStrictEqual(childEnvironment(ours, {}, { pass: ["MY_*", "GITHUB_TOKEN"] }), {
      MY_ONE: "1",
      MY_TWO: "2",
      GITHUB_TOKEN: "4"
    })
  })

  it("contains the variables of its spec, listed or not; undefined removes one", () => {
    assert.deepStrictEqual(childEnvironment({ HOME: "/h", LANG: "C" }, { HOME: undefined, LANG: "de", OWN: "1" }), {
      LANG: "de",
      OWN: "1"
    })
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
      childEnvironment(ours, { SLACK_WEBHOOK: "x", OWN: address }, { pass: ["SLACK_*"], withhold: [address, "x"] }),
      { DX_OTHER: "https://hooks.test/" }
    )
    assert.deepStrictEqual(childEnvironment({ PATH: "/bin" }, {}, { withhold: ["", "bin"] }), { PATH: "/bin" })
  })

  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/),
    fc.constantFrom(...USUAL_VARIABLES.map(like), ...WITHHELD_VARIABLES, "__proto__", "constructor")
  )
  const variables = fc.array(fc.tuple(name, fc.string()), { maxLength: 12 }).map((pairs) => Object.fromEntries(pairs))
  const pass = fc.array(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,3}\*?$/), { maxLength: 3 })
  const secrets = fc.array(fc.string({ minLength: 8 }), { maxLength: 2 })

  it("any environment: every variable is on the list or set by the spec, has its own value, and is not withheld", () => {
    fc.assert(
      fc.property(variables, variables, pass, secrets, (ours, spec, pass, withhold) => {
        const given = childEnvironment(ours, spec, { pass, withhold })
        const listed = [...USUAL_VARIABLES, ...pass]
        for (const [name, value] of Object.entries(given)) {
          assert.notInclude(WITHHELD_VARIABLES, name)
          assert.isFalse(withhold.some((secret) => value.includes(secret)))
          if (Object.hasOwn(spec, name)) assert.strictEqual(value, spec[name])
          else {
            assert.strictEqual(value, ours[name])
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
        const few = childEnvironment(ours, {}, { pass: some })
        const many = childEnvironment(ours, {}, { pass: [...some, ...more] })
        assert.deepStrictEqual({ ...many, ...few }, many)
      })
    )
  })

  const planted = {
    SLACK_WEBHOOK: "https://hooks.test/planted",
    AWS_SECRET_ACCESS_KEY: "planted",
    MY_AGENT_KEY: "planted-too",
    OPENCODE_MODEL: "of the provider"
  }
  const withPlanted = Effect.acquireRelease(
    Effect.sync(() => Object.assign(process.env, planted)),
    () => Effect.sync(() => Object.keys(planted).forEach((name) => delete process.env[name]))
  )

  /** What a command that is run and one that is launched find in their environment. */
  const seen = Effect.gen(function* () {
    yield* withPlanted
    const exec = yield* Exec
    const directory = yield* Effect.acquireRelease(
      Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "environment-"))),
      (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
    )
    const ran = yield* exec.run({ command: "env", args: [], cwd: directory, timeout: "20 seconds", env: { OWN: "1" } })
    const logFile = path.join(directory, "log")
    const args = ["-c", "env; echo END"]
    const job = yield* exec.launch({ command: "sh", args, cwd: directory, env: { OWN: "1" }, logFile })
    yield* Effect.addFinalizer(() => exec.endGroup(job))
    const launched = yield* Effect.promise(() => fs.readFile(logFile, "utf8")).pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ until: (text) => text.includes("END"), times: 250 })
    )
    return [ran.stdout, launched]
  })

  it.scopedLive("of a real process contains the usual variables, those of its spec, and no others", () =>
    Effect.gen(function* () {
      for (const text of yield* seen) {
        assert.match(text, /^PATH=/m)
        assert.match(text, /^OPENCODE_MODEL=of the provider$/m)
        assert.match(text, /^OWN=1$/m)
        assert.notInclude(text, "planted")
      }
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("of a real process contains the variables that the policy passes", () =>
    Effect.gen(function* () {
      for (const text of yield* seen) {
        assert.match(text, /^MY_AGENT_KEY=planted-too$/m)
        assert.notMatch(text, /hooks\.test|AWS_/)
      }
    }).pipe(Effect.provide(NodeExec.layerWith({ pass: ["MY_AGENT_*", "SLACK_*"] })))
  )

  it.scopedLive("of our own program is the whole one, alert addresses too, without what its spec removes", () =>
    Effect.gen(function* () {
      const [exec, directory] = yield* Effect.all([
        Exec,
        Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nd-env-")))
      ])
      yield* Effect.addFinalizer(() => Effect.promise(() => fs.rm(directory, { recursive: true, force: true })))
      const logFile = path.join(directory, "log")
      const spec = { command: "sh", args: ["-c", "env; echo END"], cwd: directory, logFile, isOurProgram: true }
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
