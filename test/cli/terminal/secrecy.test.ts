import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, FastCheck as fc, Layer, Logger, LogLevel } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { LOG_FORMATS, makeLogger, type LogFormat } from "../../../src/log/logger.ts"
import { main } from "../../../src/cli/main.ts"
import * as secrecy from "../../../src/cli/terminal/secrecy.ts"
import { SETTINGS, SETTINGS_KEYS } from "../../../src/settings/keys.ts"
import { Streams } from "../../../src/cli/terminal/Streams.ts"
import { LogEvent } from "../../../src/domain/eventLine.ts"
import { Redact, redactor } from "../../../src/domain/Redaction.ts"
import { REDACTED } from "../../../src/domain/environmentSecrets.ts"
import { WITHHELD_VARIABLES } from "../../../src/exec/childEnvironment.ts"
import { inMemory } from "../memory.ts"
import { FIXTURES, machine } from "../world.ts"

const TOKEN = 'glm-"0f1e 2d3c\\4b5a'

describe("the log", () => {
  const logged = (format: LogFormat, message: unknown, secret: string) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = makeLogger(
        { format, color: false, isTerminal: false, minimum: LogLevel.Info },
        (line) => void lines.push(line),
        redactor([secret])
      )
      yield* Effect.logError(message, Cause.fail(new Error(`refused ${secret}`))).pipe(
        Effect.annotateLogs({ note: `of ${secret}` }),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      return lines
    })

  for (const format of LOG_FORMATS) {
    it.effect(`as ${format} holds no secret in a message, an event, a note or a cause, and keeps its structure`, () =>
      Effect.gen(function* () {
        const event = new LogEvent("❌", "DISPATCH_FAILURE", [
          ["beads", "bd-1"],
          ["error", `bd says ${TOKEN}`],
          ["duration_ms", 12]
        ])
        for (const message of [event, `bd says ${TOKEN} and Bearer a1b2c3d4e5`, { token: TOKEN }]) {
          const lines = yield* logged(format, message, TOKEN)
          assert.lengthOf(lines, 1)
          for (const piece of [TOKEN, JSON.stringify(TOKEN).slice(1, -1), "0f1e", "a1b2c3d4e5"]) {
            assert.notInclude(lines[0], piece)
          }
          if (format === "json") assert.strictEqual(JSON.parse(lines[0] ?? "").note, `of ${REDACTED}`)
          if (message === event) {
            const expected = `❌ DISPATCH_FAILURE beads=bd-1 error="bd says ${REDACTED}" duration_ms=12`
            assert.strictEqual(
              format === "json" ? JSON.parse(lines[0] ?? "").message : lines[0]?.replace(/^ts=\S+ /, ""),
              expected
            )
          }
        }
      })
    )
  }

  it.effect("a secret is taken out before a line is cut, so that its beginning does not stay", () =>
    Effect.gen(function* () {
      for (const format of LOG_FORMATS) {
        const [line = ""] = yield* logged(format, `${"x".repeat(1993)} ${TOKEN}`, TOKEN)
        assert.notInclude(line, "glm-")
      }
    })
  )

  it(
    "a secret in a log message is never printed, in any format, cut or not",
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...LOG_FORMATS),
          fc.stringMatching(/^[!-Z^-~][ -Z^-~]{7,40}[!-Z^-~]$/),
          fc.string({ maxLength: 2100 }),
          fc.string(),
          async (format, secret, before, after) => {
            fc.pre(!/^[\d.,:_-]*$/.test(secret))
            const lines = await Effect.runPromise(logged(format, `${before}${secret}${after}`, secret))
            for (const line of lines) assert.isFalse(line.includes(secret) && !`${before} ${after}`.includes(secret))
            if (format === "json") assert.doesNotThrow(() => JSON.parse(lines[0] ?? ""))
          }
        ),
        { numRuns: 40 }
      ),
    60_000
  )
})

describe("the streams", () => {
  it.effect("show no secret of the environment, in text or JSON, and none of the settings once they are loaded", () =>
    Effect.gen(function* () {
      const { err, layer, out } = inMemory({
        environment: { ZAI_API_KEY: TOKEN, NIGHTLY_DISPATCH_ALERTS_SLACK: "https://own.test/1" }
      })
      yield* Effect.gen(function* () {
        const [streams, redact, keep] = yield* Effect.all([Streams, Redact, secrecy.KeepSecret])
        yield* streams.out(`token ${TOKEN} https://own.test/1 https://ping.test/2\n`)
        yield* streams.out(JSON.stringify({ token: TOKEN, pid: 4711 }, null, 2))
        streams.err(`token ${TOKEN}\n`)
        yield* keep(["https://ping.test/2"])
        yield* streams.out(`again ${TOKEN} https://ping.test/2\n`)
        assert.strictEqual(redact("https://ping.test/2"), REDACTED)
      }).pipe(Effect.provide(Layer.provide(secrecy.layer, layer)))
      assert.deepStrictEqual(out, [
        `token ${REDACTED} ${REDACTED} https://ping.test/2\n`,
        JSON.stringify({ token: REDACTED, pid: 4711 }, null, 2),
        `again ${REDACTED} ${REDACTED}\n`
      ])
      assert.deepStrictEqual(err, [`token ${REDACTED}\n`])
    })
  )

  it("every secret setting has a variable that is redacted and never passed to a command", () => {
    const secret = SETTINGS_KEYS.filter((key) => SETTINGS[key].kind === "secret")
    assert.deepStrictEqual(secret, [
      "journal",
      "alerts.slack",
      "alerts.webhook",
      "alerts.webhookSecret",
      "alerts.deadMan"
    ])
    for (const key of secret) {
      assert.include(WITHHELD_VARIABLES, SETTINGS[key].variable)
      assert.deepStrictEqual(
        [...new Set(secrecy.secretsOf({ [SETTINGS[key].variable]: "https://x.test/1" }))],
        ["https://x.test/1"]
      )
    }
  })

  it.scopedLive("config show prints no secret, even from a provider's command or a wrong value", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const ping = "https://ping.test/u/0f1e2d3c4b5a"
      const file = path.join(world.root, "nightly-dispatch.yaml")
      const write = (more: string) =>
        Effect.promise(() =>
          fs.writeFile(
            file,
            `alerts: { deadMan: "${ping}" }\nproviders: [{ name: own, command: [agent, --ping, "${ping}", "{prompt}"] }]\n${more}`
          )
        )
      const { err, layer, out } = inMemory({
        environment: { MY_TOKEN: "correct-horse-battery" },
        cwd: world.root,
        home: world.root
      })
      const run = (...args: ReadonlyArray<string>) =>
        main(["node", "nd", ...args]).pipe(Effect.provide(Layer.merge(layer, NodeContext.layer)))
      yield* write("workspace: { base: correct-horse-battery }\n")
      assert.deepStrictEqual([yield* run("config", "show"), yield* run("config", "show", "--json")], [0, 0])
      const [text = "", json = ""] = out
      assert.match(text, /^alerts\.deadMan += \*\*\* /m)
      assert.doesNotThrow(() => JSON.parse(json))
      yield* write("limits: { maxParallel: correct-horse-battery }\n")
      assert.strictEqual(yield* run("config", "show"), 5)
      assert.include(err.join(""), `actual "${REDACTED}"`)
      for (const said of [...out, ...err]) assert.notMatch(said, /0f1e2d3c4b5a|correct-horse/)
    })
  )
})

const SECRETS = {
  SLACK_WEBHOOK: "https://hooks.test/T0/B0/plantedplanted",
  CC_GLM_AUTH_TOKEN: "glm-plantedplanted",
  AWS_SECRET_ACCESS_KEY: "awsplantedplanted",
  NIGHTLY_DISPATCH_ALERTS_DEAD_MAN: "https://ping.test/plantedplanted"
}

/** What lies in the files of a directory and below it. */
const bytesBelow = (directory: string) =>
  Effect.promise(async () => {
    const entries = await fs.readdir(directory, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    // The files beside a database go when its last connection closes.
    const read = (file: string) =>
      fs.readFile(file).catch((cause) => (cause.code === "ENOENT" ? Buffer.alloc(0) : Promise.reject(cause)))
    return Buffer.concat(await Promise.all(files.map(({ name, parentPath }) => read(path.join(parentPath, name)))))
  })

/** A machine whose tools pass through a script first; what it says of itself is in `$FAKE_LOG`. */
const overheard = (name: string, script: string) =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: "bd-1", title: "the cart loses items" }])
    const stubs = path.join(world.root, "stubs")
    yield* Effect.promise(async () => {
      await fs.mkdir(stubs)
      for (const tool of name.split(" ")) {
        const real = {
          // The machine's, which this process answers.
          bd: `"${world.root}/bin/bd"`,
          git: "/usr/bin/env -S PATH=/usr/local/bin:/usr/bin:/bin git",
          "dx-runner": path.join(FIXTURES, tool)
        }[tool]
        await fs.writeFile(path.join(stubs, tool), `#!/bin/sh\n${script}\nexec ${real} "$@"\n`, { mode: 0o755 })
      }
    })
    const env = {
      ...SECRETS,
      FAKE_LOG: path.join(world.root, "overheard"),
      PATH: `${stubs}:${world.root}/bin:${FIXTURES}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`
    }
    return {
      ...world,
      nd: (...args: ReadonlyArray<string>) => world.nd(args, { env }),
      program: (...args: ReadonlyArray<string>) => world.program(args, { env })
    }
  })

describe("a run with secrets around", () => {
  it.scopedLive(
    "no tool gets an alert address or another service's key, and none gets a secret as an argument",
    () =>
      Effect.gen(function* () {
        const world = yield* overheard("bd dx-runner git", '{ env; printf "ARGUMENT %s\\n" "$@"; } >> "$FAKE_LOG"')
        const { code, stderr, stdout } = yield* world.program("run")
        assert.strictEqual(code, 0, stderr)
        const heard = yield* world.file("overheard")
        assert.include(heard, "ARGUMENT worktree\n")
        assert.include(heard, "ARGUMENT --prompt-file\n")
        assert.include(heard, "ARGUMENT --claim\n")
        assert.include(heard, `CC_GLM_AUTH_TOKEN=${SECRETS.CC_GLM_AUTH_TOKEN}\n`)
        const rest = heard.replaceAll(`CC_GLM_AUTH_TOKEN=${SECRETS.CC_GLM_AUTH_TOKEN}\n`, "")
        assert.notMatch(rest, /planted/)
        assert.notMatch(`${stdout}${stderr}`, /planted/)
      }),
    60_000
  )

  const LEAK = `echo "fatal: ${Object.values(SECRETS).join(" ")} refused" >&2; exit 1`

  for (const [tool, args, code] of [
    ["bd", "run --log-format pretty", 4],
    ["bd", "run --log-format json --json", 4],
    ["bd", "claim bd-1", 1],
    ["dx-runner", "run --log-level debug --log-format json", 1],
    ["dx-runner", "run --log-format logfmt", 1],
    ["dx-runner", "preflight --json", 1],
    ["dx-runner", "preflight", 1]
  ] as const) {
    it.scopedLive(
      `prints no secret that ${tool} prints: ${args}`,
      () =>
        Effect.gen(function* () {
          const world = yield* overheard(tool, LEAK)
          const result = yield* world.nd(...args.split(" "))
          assert.strictEqual(result.code, code, result.stderr)
          assert.include(`${result.stdout}${result.stderr}`, REDACTED)
          assert.notMatch(`${result.stdout}${result.stderr}`, /planted/)
          if (args.includes("--json")) assert.doesNotThrow(() => JSON.parse(result.stdout))
          const state = yield* bytesBelow(path.join(world.root, "state"))
          assert.strictEqual(state.includes("SQLite format 3"), args.startsWith("run"))
          assert.isFalse(state.includes("planted"), "a secret lies in the state directory")
          assert.isFalse((yield* bytesBelow(path.join(world.root, "beads"))).includes("planted"), "or in the tracker")
        }),
      60_000
    )
  }
})
