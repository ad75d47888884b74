import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { ConfigError, ConfigProvider, Effect, Layer } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { CurrentSettings } from "../src/domain/Settings.ts"
import { layerConfig, loadSettings } from "../src/index.ts"
import * as kit from "../src/testing/index.ts"

const world = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "config test "))),
    (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
  )
  return { root, surroundings: { environment: {}, cwd: root, home: root, tempDir: root } }
})

type World = Effect.Effect.Success<typeof world>

/** The settings of `layerConfig` with these variables in the `ConfigProvider`. */
const settingsOf = (
  { surroundings }: World,
  variables: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {}
) => {
  const journal = Layer.merge(kit.FakeJournal.layer(), kit.FakeOutbox.layer())
  const configured = layerConfig({ parts: { journal }, surroundings: { ...surroundings, environment } })
  return CurrentSettings.pipe(
    Effect.provide(Layer.provide(configured, NodeContext.layer)),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
  )
}

describe("layerConfig", () => {
  it.scopedLive("has the names, the spellings and the defaults of the command line's variables", () =>
    Effect.gen(function* () {
      const made = yield* world
      const variables = {
        NIGHTLY_DISPATCH_REPO_PATH: "~/app",
        NIGHTLY_DISPATCH_PROVIDERS: "gemini, opencode",
        NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "4",
        NIGHTLY_DISPATCH_TIMEOUTS_ACK: "45s"
      }
      const settings = yield* settingsOf(made, variables, {
        BEADS_DIR: "/b",
        NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "9"
      })
      const loaded = yield* loadSettings({
        withoutFile: true,
        surroundings: { ...made.surroundings, environment: { ...variables, BEADS_DIR: "/b" } }
      }).pipe(Effect.provide(NodeContext.layer))
      assert.deepStrictEqual(settings, loaded.settings)
      assert.strictEqual(settings.limits.maxParallel, 4)
    })
  )

  it.scopedLive("reads the settings file that NIGHTLY_DISPATCH_CONFIG names, and no other", () =>
    Effect.gen(function* () {
      const made = yield* world
      const write = (name: string, max: number) =>
        Effect.promise(() => fs.writeFile(path.join(made.root, name), `limits: { maxAttempts: ${max} }\n`))
      yield* write("nightly-dispatch.yaml", 7)
      yield* write("mine.yaml", 8)
      assert.strictEqual((yield* settingsOf(made, {})).limits.maxAttempts, 3)
      const named = yield* settingsOf(made, { NIGHTLY_DISPATCH_CONFIG: "mine.yaml" })
      assert.strictEqual(named.limits.maxAttempts, 8)
    })
  )

  it.scopedLive("fails with every problem at once, or with the error of the provider", () =>
    Effect.gen(function* () {
      const made = yield* world
      const wrong = { NIGHTLY_DISPATCH_TIMEOUTS_ACK: "soon", NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "two" }
      const invalid = yield* Effect.flip(settingsOf(made, wrong, { NIGHTLY_DISPATCH_REPOS: "x" }))
      assert.strictEqual(invalid._tag, "ConfigInvalid")
      const problems = invalid._tag === "ConfigInvalid" ? invalid.problems.map(({ path }) => path) : []
      assert.sameMembers([...problems], ["timeouts.ack", "limits.maxParallel", "NIGHTLY_DISPATCH_REPOS"])
      const broken = ConfigProvider.fromFlat(
        ConfigProvider.makeFlat({
          load: (names) => Effect.fail(ConfigError.SourceUnavailable([...names], "no vault", new Error("x") as never)),
          enumerateChildren: () => Effect.succeed(new Set<string>() as never),
          patch: { _tag: "Empty" }
        })
      )
      const failed = yield* Effect.flip(
        Effect.withConfigProvider(
          Effect.provide(
            CurrentSettings,
            Layer.provide(layerConfig({ surroundings: made.surroundings }), NodeContext.layer)
          ),
          broken
        )
      )
      assert.isTrue(ConfigError.isConfigError(failed))
    })
  )
})
