import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import {
  BeadsId,
  dryLayer,
  DxRunner,
  Exec,
  Journal,
  JournalQueries,
  layer,
  nightlyRun,
  Redact,
  redactor,
  Room,
  runIdOf,
  services,
  Settings,
  viewLayer,
  Workspaces
} from "../src/index.ts"
import * as NodeExec from "../src/exec/NodeExec.ts"
import { hostRepositories } from "../src/host/repositories.ts"

const PING = "https://ping.test/u/0123456789"

const exists = (file: string) =>
  Effect.promise(() =>
    fs.access(file).then(
      () => true,
      () => false
    )
  )

/** The services on a directory of their own, with a dx-runner that writes down its environment. */
const world = (settings: Record<string, unknown>, environment: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const root = yield* Effect.acquireRelease(
      Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "layer test "))),
      (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
    )
    const runner = path.join(root, "dx-runner")
    yield* Effect.promise(() => fs.writeFile(runner, `#!/bin/sh\nenv > "${root}/env"; exit 1\n`, { mode: 0o755 }))
    const decoded = yield* Schema.decodeUnknown(Settings, { onExcessProperty: "error" })({
      stateDir: path.join(root, "state"),
      runner: { backend: "dx-runner", path: runner },
      workspace: { root: path.join(root, "agents") },
      alerts: { deadMan: PING },
      ...settings
    })
    const surroundings = { environment, cwd: root, home: root, tempDir: root }
    return {
      root,
      layer: services(decoded, surroundings).pipe(Layer.provide(NodeContext.layer)),
      ofRuns: layer(decoded, surroundings).pipe(Layer.provide(NodeContext.layer)),
      ofDryRuns: dryLayer(decoded, surroundings).pipe(Layer.provide(NodeContext.layer)),
      view: viewLayer(decoded, surroundings).pipe(Layer.provide(NodeContext.layer)),
      environmentSeen: Effect.promise(() => fs.readFile(path.join(root, "env"), "utf8"))
    }
  })

describe("the services together", () => {
  it.scopedLive("the runner gets the usual variables of the surroundings and those named by the settings", () =>
    Effect.gen(function* () {
      const given = { OPENCODE_MODEL: "m", OWN_KEY: "named", OTHER_KEY: "planted", NODE_NOTE: `see ${PING}` }
      const { layer, environmentSeen } = yield* world({ environment: { pass: ["OWN_*"] } }, given)
      yield* Effect.flatMap(DxRunner, (runner) => Effect.either(runner.running)).pipe(Effect.provide(layer))
      const text = yield* environmentSeen
      assert.match(text, /^OPENCODE_MODEL=m$/m)
      assert.match(text, /^OWN_KEY=named$/m)
      assert.notMatch(text, /planted|ping\.test/)
    })
  )

  it.scopedLive("every command gets the variables named by the settings, but no alert address", () =>
    Effect.gen(function* () {
      const given = { PATH: "/usr/bin:/bin", OWN_KEY: "named", OTHER_KEY: "planted", OWN_PING: PING }
      const { layer, root } = yield* world({ environment: { pass: ["OWN_*"] } }, given)
      const { stdout } = yield* Effect.flatMap(Exec, (exec) =>
        exec.run({ tool: "agent", command: "env", args: [], cwd: root, timeout: "10 seconds" })
      ).pipe(Effect.provide(layer))
      assert.match(stdout, /^OWN_KEY=named$/m)
      assert.notMatch(stdout, /planted|ping\.test/)
    })
  )

  it.scopedLive("Redact takes out the secrets of the surroundings, of the settings and of the program around", () =>
    Effect.gen(function* () {
      const { layer } = yield* world({}, { MY_TOKEN: "correct-horse" })
      const redact = yield* Effect.provide(Redact, layer).pipe(
        Effect.provideService(Redact, redactor(["battery-staple"]))
      )
      assert.strictEqual(redact(`correct-horse ${PING} battery-staple`), "[redacted] [redacted] [redacted]")
    })
  )

  it.scopedLive("a run needs as much room for state, temporary files and worktrees as the settings say", () =>
    Effect.gen(function* () {
      const lacking = (limits: Record<string, number>) =>
        Effect.flatMap(world({ limits }), ({ layer }) =>
          Effect.flatMap(Room, (room) => room.lacking).pipe(Effect.provide(layer))
        )
      assert.isUndefined(yield* lacking({ minFreeDisk: 1, minFreeInodes: 1 }))
      assert.match(
        (yield* lacking({ minFreeDisk: 1e9 })) ?? "",
        /^not enough disk space for .*\/state \(in .*limits\.minFreeDisk wants 976562\.5 GiB$/
      )
    })
  )

  it.scopedLive("a view gets its services whatever the journal is; of a damaged one each method fails", () =>
    Effect.gen(function* () {
      const { root, view } = yield* world({})
      const state = path.join(root, "state")
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* (yield* JournalQueries).runs({ last: 1 }), [])
        assert.isFalse(yield* exists(state), "it makes nothing")
      }).pipe(Effect.provide(view))
      yield* Effect.promise(() => fs.mkdir(state, { mode: 0o700 }))
      yield* Effect.promise(() =>
        fs.writeFile(path.join(state, "journal.db"), "no database\n".repeat(100), { mode: 0o600 })
      )
      yield* Effect.gen(function* () {
        const [journal, queries] = yield* Effect.all([Journal, JournalQueries])
        assert.include(yield* Effect.flip(queries.runs({ last: 1 })), { _tag: "JournalFailed", reason: "corrupt" })
        assert.include(yield* Effect.flip(journal.open), { _tag: "JournalFailed", reason: "corrupt" })
        assert.isDefined(yield* Exec)
      }).pipe(Effect.provide(view))
    })
  )
})

const LOCAL = { runner: { backend: "local" } }

describe("the repositories of the host", () => {
  it.scopedLive("are registered nowhere without a home directory, least of all in the repository", () =>
    Effect.gen(function* () {
      const { root } = yield* world({})
      yield* Effect.promise(() => fs.mkdir(path.join(root, "app/.beads"), { recursive: true }))
      const settings = yield* Schema.decodeUnknown(Settings)({
        ...LOCAL,
        stateDir: path.join(root, "state"),
        repoPath: "app"
      })
      const homeless = layer(settings, { environment: {}, cwd: root, home: undefined, tempDir: root })
      yield* Effect.provide(Journal, Layer.provide(homeless, NodeContext.layer))
      assert.isFalse(yield* exists(path.join(root, ".local")))
    })
  )

  it.scopedLive("know one that runs work on; none of a dry run, nor of a state directory of another tracker", () =>
    Effect.gen(function* () {
      const { ofDryRuns, ofRuns, root } = yield* world({ ...LOCAL, repoPath: "app" })
      const registered = Effect.map(
        hostRepositories(path.join(root, ".local/state/nightly-dispatch/repositories")),
        ({ repositories }) => repositories.map(({ path, stateDir }) => ({ path, stateDir }))
      ).pipe(Effect.provide(Layer.provideMerge(NodeExec.layer, NodeContext.layer)))
      const tracker = (of: string) => Effect.promise(() => fs.mkdir(path.join(root, of, ".beads"), { recursive: true }))
      yield* tracker("app")
      yield* Effect.provide(Journal, ofDryRuns)
      assert.deepStrictEqual(yield* registered, [])
      yield* Effect.provide(Journal, ofRuns)
      const app = [{ path: path.join(root, "app"), stateDir: path.join(root, "state") }]
      assert.deepStrictEqual(yield* registered, app)
      yield* tracker("other")
      const settings = yield* Schema.decodeUnknown(Settings)({
        ...LOCAL,
        stateDir: app[0]?.stateDir,
        repoPath: "other"
      })
      const other = layer(settings, { environment: {}, cwd: root, home: root, tempDir: root })
      const refused = yield* Effect.flip(Effect.provide(Journal, Layer.provide(other, NodeContext.layer)))
      assert.strictEqual(refused._tag, "OtherTracker")
      assert.deepStrictEqual(yield* registered, app)
    })
  )
})

describe("the root of the worktrees", () => {
  /** Where a bug's worktree would be made. Nothing is looked for on the disk. */
  const placeOf = (settings: Record<string, unknown>) =>
    Effect.flatMap(world({ workspace: { backend: "git" }, ...settings }), ({ layer, root }) =>
      Effect.map(Effect.provide(Workspaces, layer), (workspaces) =>
        path.relative(root, workspaces.place(BeadsId.make("bd-1"), { name: "app", path: "/src/app" }).path)
      )
    )
  const relativeToRoot = (file: string) => path.relative(path.join(os.tmpdir(), "layer test xxxxxx"), file)

  it.scopedLive(
    "is below the state directory for local jobs, and the one that dx-runner or dx-worktree knows for theirs",
    () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* placeOf(LOCAL), "state/worktrees/bd-1/app")
        assert.strictEqual(
          yield* placeOf({ runner: { path: "/none/dx-runner" } }),
          relativeToRoot("/tmp/agents/bd-1/app")
        )
        assert.strictEqual(yield* placeOf({ runner: { backend: "dx-runner" } }), relativeToRoot("/tmp/agents/bd-1/app"))
        const dxWorktree = { ...LOCAL, workspace: { backend: "dx-worktree" } }
        assert.strictEqual(yield* placeOf(dxWorktree), relativeToRoot("/tmp/agents/bd-1/app"))
      })
  )

  it.scopedLive("with runner.backend: auto, follows whether dx-runner is found", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* placeOf({ runner: {} }), "state/worktrees/bd-1/app")
      const found = { runner: { path: "/bin/true" } }
      assert.strictEqual(yield* placeOf(found), relativeToRoot("/tmp/agents/bd-1/app"))
    })
  )

  it.scopedLive("is the one that the settings name, whatever the runner", () =>
    Effect.gen(function* () {
      for (const runner of [LOCAL.runner, { backend: "dx-runner" }]) {
        const set = { runner, workspace: { backend: "git", root: "/srv/trees" } }
        assert.strictEqual(yield* placeOf(set), relativeToRoot("/srv/trees/bd-1/app"))
      }
    })
  )
})

describe("the warm-up of a program that composes the layers", () => {
  const bug = {
    id: "bd-1",
    title: "x",
    status: "open",
    priority: 1,
    issue_type: "bug",
    created_at: "2026-01-01T00:00:00Z"
  }

  /** A repository with a tracker of one bug, whose only provider does not work: a run claims nothing. */
  const program = Effect.gen(function* () {
    const made = yield* world({
      ...LOCAL,
      repoPath: "repo",
      beads: { backend: "jsonl", dir: "beads" },
      workspace: { backend: "none" },
      alerts: {},
      providers: [{ name: "mine", command: ["/none/agent"] }]
    })
    const repository = { name: "repo", path: path.join(made.root, "repo") }
    yield* Effect.promise(() => Promise.all(["repo", "beads"].map((name) => fs.mkdir(path.join(made.root, name)))))
    yield* Effect.promise(() => fs.writeFile(path.join(made.root, "beads/issues.jsonl"), `${JSON.stringify(bug)}\n`))
    const options = { run: runIdOf(Date.now(), 1), host: "vm-1", repository }
    return {
      ...made,
      run: Logger.withMinimumLogLevel(nightlyRun(options), LogLevel.None),
      firstRun: path.join(made.root, "state/first-run")
    }
  })

  it.scopedLive("begins with the first run; a dry run writes nothing", () =>
    Effect.gen(function* () {
      const { firstRun, ofDryRuns, ofRuns, root, run } = yield* program
      assert.strictEqual((yield* Effect.provide(run, ofDryRuns)).fetched, 1)
      assert.isFalse(yield* exists(path.join(root, "state")))
      assert.strictEqual((yield* Effect.provide(run, ofRuns)).fetched, 1)
      assert.match(yield* Effect.promise(() => fs.readFile(firstRun, "utf8")), /^20\S+Z\n$/)
    })
  )

  it.scopedLive("does not begin in a state directory that serves another tracker", () =>
    Effect.gen(function* () {
      const { firstRun, ofRuns, root, run } = yield* program
      yield* Effect.provide(run, ofRuns)
      yield* Effect.promise(() => fs.rm(firstRun))
      yield* Effect.promise(() => fs.rename(path.join(root, "beads"), path.join(root, "other")))
      yield* Effect.promise(() => fs.symlink("other", path.join(root, "beads")))
      assert.include(yield* Effect.flip(Effect.provide(run, ofRuns)), { _tag: "OtherTracker" })
      assert.isFalse(yield* exists(firstRun))
    })
  )
})
