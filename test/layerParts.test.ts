import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Either, Layer, Logger, LogLevel, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import {
  BeadsCli,
  Channels,
  dryLayer,
  Exec,
  findState,
  type JournalFailed,
  layer,
  nightlyRun,
  NodeExec,
  type OtherTracker,
  PromptTemplate,
  Settings,
  type TemplateFunction,
  viewLayer
} from "../src/index.ts"
import * as kit from "../src/testing/index.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly part: string }> {}
class Torn extends Data.TaggedError("Torn")<{ readonly why: string }> {}

/** Settings that would need `bd` and `dx-runner`, neither of which is there. */
const world = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "parts test "))),
    (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
  )
  const repoPath = path.join(root, "app")
  yield* Effect.promise(() => fs.mkdir(path.join(repoPath, ".beads"), { recursive: true }))
  const settings = yield* Schema.decodeUnknown(Settings)({
    repoPath,
    beads: { backend: "bd", path: "/none/bd" },
    runner: { backend: "dx-runner", path: "/none/dx-runner" },
    workspace: { root: path.join(root, "never made") },
    hostGate: { maxLoadPerCore: 0, minFreeMemory: 0 }
  })
  return { root, settings, surroundings: { environment: {}, cwd: root, home: root, tempDir: root, host: "vm-7" } }
})

const run = Logger.withMinimumLogLevel(nightlyRun(), LogLevel.None)

const fakes = () => ({
  beads: kit.FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }] }),
  runner: kit.FakeRunner.layer(),
  verifier: kit.FakeVerifier.layer(),
  workspaces: kit.FakeWorkspaces.layer(),
  prompts: kit.FakePrompts.layer(),
  journal: Layer.merge(kit.FakeJournal.layer(), kit.FakeOutbox.layer())
})

/** `Exec`, and the commands that were looked for or started. */
const noted = () => {
  const commands: Array<string> = []
  const exec = Layer.effect(
    Exec,
    Effect.map(Exec, (exec): Exec["Type"] => ({
      ...exec,
      which: (command) => Effect.suspend(() => (commands.push(command), exec.which(command))),
      run: (spec) => Effect.suspend(() => (commands.push(spec.command), exec.run(spec)))
    }))
  ).pipe(Layer.provide(NodeExec.layer))
  return { commands, exec }
}

describe("a part in place of ours", () => {
  it.scopedLive(
    "is the only one in a run; the tools that only ours need are not looked for, its directory not used",
    () =>
      Effect.gen(function* () {
        const { root, settings, surroundings } = yield* world
        const { commands, exec } = noted()
        const tools = layer(settings, surroundings, { ...fakes(), exec }).pipe(Layer.provide(NodeContext.layer))
        const report = yield* Effect.provide(run, tools)
        assert.deepStrictEqual([report.error, report.fetched, report.dispatched], [undefined, 1, 1])
        assert.deepStrictEqual(
          commands.filter((command) => command !== "git" && command !== "gh"),
          []
        )
        assert.notInclude(yield* Effect.promise(() => fs.readdir(root)), "never made")
      })
  )

  it.scopedLive("may be the template: the file of the settings is not read", () =>
    Effect.gen(function* () {
      const { root, settings, surroundings } = yield* world
      const written = { ...settings, prompt: { template: path.join(root, "missing.md") } }
      const errorWith = Effect.fnUntraced(function* (template?: Layer.Layer<PromptTemplate>) {
        const parts = { ...fakes(), ...(template && { template }) }
        const tools = layer(written, surroundings, parts).pipe(Layer.provide(NodeContext.layer))
        return (yield* Effect.provide(run, tools)).error
      })
      assert.match((yield* errorWith()) ?? "", /there is no such file/)
      const mend: TemplateFunction = ({ id }) => `Mend ${id}.\n{{report}}\n`
      assert.isUndefined(yield* errorWith(Layer.succeed(PromptTemplate, Either.right(mend))))
    })
  )

  it.scopedLive("has its error in the type and in the failure of the whole layer", () =>
    Effect.gen(function* () {
      const { settings, surroundings } = yield* world
      const beads = Layer.fail(new Broken({ part: "beads" }))
      const runner = Layer.fail(new Torn({ why: "no network" }))
      const both: Layer.Layer<
        Layer.Layer.Success<ReturnType<typeof layer>>,
        Broken | Torn | JournalFailed | OtherTracker
      > = layer(settings, surroundings, { beads, runner }).pipe(Layer.provide(NodeContext.layer))
      assert.include(["Broken", "Torn"], (yield* Effect.flip(Effect.provide(BeadsCli, both)))._tag)
      const view: Layer.Layer<BeadsCli, Broken> = viewLayer(settings, surroundings, { beads }).pipe(
        Layer.provide(NodeContext.layer)
      )
      assert.deepStrictEqual(yield* Effect.flip(Effect.provide(BeadsCli, view)), new Broken({ part: "beads" }))
      // Without parts, a view never fails.
      const none: Layer.Layer<BeadsCli> = viewLayer(settings, surroundings).pipe(Layer.provide(NodeContext.layer))
      assert.isDefined(none)
      // @ts-expect-error: there is no part of this name.
      assert.isDefined(layer(settings, surroundings, { beads, runer: runner }))
    })
  )

  it.scopedLive("may use what ours stand on, and replaces the channels of the settings", () =>
    Effect.gen(function* () {
      const { settings, surroundings } = yield* world
      const beads = Layer.effect(
        BeadsCli,
        Effect.flatMap(Exec, (exec) =>
          Effect.map(Effect.all([BeadsCli, exec.which("sh")]), ([beads, sh]) => ({
            ...beads,
            version: Effect.succeed(String(sh))
          }))
        )
      ).pipe(Layer.provide(kit.FakeBeads.layer()))
      const alerts = Layer.succeed(Channels, [])
      const alerting = { ...settings, alerts: { ...settings.alerts, command: ["notify"] as const } }
      const used = Effect.all([Effect.flatMap(BeadsCli, ({ version }) => version), Channels])
      const [version, channels] = yield* Effect.provide(
        used,
        layer(
          alerting,
          { ...surroundings, environment: { PATH: "/usr/bin:/bin" } },
          { ...fakes(), beads, alerts }
        ).pipe(Layer.provide(NodeContext.layer))
      )
      assert.match(version, /\/sh$/)
      assert.deepStrictEqual(channels, [])
    })
  )

  it.scopedLive("as the tracker never shares a default state directory with a .beads of the same repository", () =>
    Effect.gen(function* () {
      const { settings, surroundings } = yield* world
      const stateOf = (beads?: Layer.Layer<BeadsCli>) =>
        findState(settings, surroundings, beads && { beads }).pipe(
          Effect.map(({ state }) => state),
          Effect.provide(Layer.provideMerge(NodeExec.layer, NodeContext.layer))
        )
      const [ours, theirs] = yield* Effect.all([stateOf(), stateOf(kit.FakeBeads.layer())])
      assert.notStrictEqual(ours.directory, theirs.directory)
      assert.notStrictEqual(ours.tracker, theirs.tracker)
    })
  )
})

describe("a run that is told nothing", () => {
  it.scopedLive("has an id of its own each time, this host, and the repository of the settings", () =>
    Effect.gen(function* () {
      const { settings, surroundings } = yield* world
      const tools = dryLayer(settings, surroundings, fakes()).pipe(Layer.provide(NodeContext.layer))
      const [first, second] = yield* Effect.all([run, run]).pipe(Effect.provide(tools))
      assert.notStrictEqual(first.run, second.run)
      assert.deepStrictEqual([first.repository, first.exit], ["app", 0])
    })
  )

  it.scopedLive("says that it knows no repository, and fails as for wrong settings", () =>
    Effect.gen(function* () {
      const { root, settings, surroundings } = yield* world
      const nowhere = yield* Schema.decodeUnknown(Settings)({
        hostGate: settings.hostGate,
        stateDir: path.join(root, "s")
      })
      const tools = layer(nowhere, surroundings, fakes()).pipe(Layer.provide(NodeContext.layer))
      const report = yield* Effect.provide(run, tools)
      assert.strictEqual(report.exit, 5)
      assert.match(report.error ?? "", /is not in a git repository/)
    })
  )
})
