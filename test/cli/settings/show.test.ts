import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { configCommand } from "../../../src/cli/commands/config.ts"
import { root } from "../../../src/cli/root.ts"
import { SETTINGS_KEYS } from "../../../src/settings/keys.ts"
import { loadSettings } from "../../../src/settings/load.ts"
import { settingsJson, ShownSettings, showSettings } from "../../../src/cli/settings/show.ts"
import { inMemory } from "../memory.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"

const decodeShown = Schema.decode(Schema.parseJson(ShownSettings))

const environment = {
  SLACK_WEBHOOK: "https://hooks.slack.test/SECRET",
  NIGHTLY_DISPATCH_ALERTS_DEAD_MAN: "https://ping.test/SECRET",
  NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1"
}
const flags = { providers: ["gemini", { name: "own", model: "big one" }], workspace: { base: "odd: #name" } }
const load = loadSettings({ flags, environment, configFile: undefined, cwd: "/none", home: "/home/someone" }).pipe(
  Effect.provide([NodeContext.layer, NodeExec.layer])
)

describe("config show", () => {
  it.effect("has an aligned line for every setting, with its source, and no secret", () =>
    Effect.gen(function* () {
      const lines = showSettings(yield* load, { color: false }).split("\n")
      assert.lengthOf(lines, SETTINGS_KEYS.length)
      const row = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.replaceAll(/ +/g, " ")
      assert.strictEqual(row("limits.maxParallel"), "limits.maxParallel = 1 (NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL)")
      assert.strictEqual(row("limits.maxDispatches"), "limits.maxDispatches = 3 (default)")
      assert.strictEqual(row("limits.warmUp"), "limits.warmUp = 2 d (default)")
      assert.strictEqual(row("repo"), "repo = (not set) (default)")
      assert.strictEqual(row("stateDir"), "stateDir = (not set) (default)")
      assert.strictEqual(row("intake.types"), "intake.types = [bug] (default)")
      assert.strictEqual(row("providers"), "providers = [gemini, {name: own, model: big one}] (flag)")
      assert.strictEqual(row("workspace.base"), 'workspace.base = "odd: #name" (flag)')
      assert.strictEqual(row("alerts.slack"), "alerts.slack = *** (default ($SLACK_WEBHOOK))")
      assert.strictEqual(row("alerts.deadMan"), "alerts.deadMan = *** (NIGHTLY_DISPATCH_ALERTS_DEAD_MAN)")
      assert.notInclude(lines.join("\n"), "SECRET")
      assert.strictEqual(new Set(lines.map((line) => line.indexOf(" = "))).size, 1)
    })
  )

  it.effect("has colours only when asked for", () =>
    Effect.gen(function* () {
      const loaded = yield* load
      assert.notInclude(showSettings(loaded, { color: false }), "\u001b")
      assert.include(showSettings(loaded, { color: true }), "\u001b[2m(default)\u001b[0m")
    })
  )

  it.effect("as JSON is one document of its schema, without secrets", () =>
    Effect.gen(function* () {
      const text = settingsJson(yield* load)
      const shown = yield* decodeShown(text)
      assert.isNull(shown.file)
      assert.deepStrictEqual(
        shown.settings.map(({ key }) => key),
        [...SETTINGS_KEYS]
      )
      const of = (key: string) => shown.settings.find((setting) => setting.key === key)
      assert.deepStrictEqual(of("providers"), {
        key: "providers",
        value: [{ name: "gemini" }, { name: "own", model: "big one" }],
        source: "flag"
      })
      assert.deepStrictEqual(of("repo"), { key: "repo", value: null, source: "default" })
      assert.notInclude(text, "SECRET")
    })
  )

  it.scopedLive("the command prints on stdout and takes the file from --config", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "show-" })}/c.yaml`
      yield* fs.writeFileString(file, "limits: { maxAttempts: 4 }")
      const { layer, out: printed } = inMemory({ environment })
      const cli = Command.run(root.pipe(Command.withSubcommands([configCommand])), { name: "nd", version: "0" })
      const run = (...args: ReadonlyArray<string>) =>
        cli(["node", "nd", "--config", file, "config", "show", ...args]).pipe(Effect.provide(layer))
      yield* run()
      yield* run("--json")
      const [text = "", json = ""] = printed
      assert.match(text, /^limits\.maxAttempts\s+= 4\s+\(file .*c\.yaml\)$/m)
      assert.strictEqual((yield* decodeShown(json)).file, file)
      yield* fs.writeFileString(file, "limits: { maxAttempts: 0 }")
      const error = yield* Effect.flip(run())
      assert.strictEqual(error._tag, "ConfigInvalid")
      assert.lengthOf(printed, 2)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
