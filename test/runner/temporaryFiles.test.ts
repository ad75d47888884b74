import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Provider, ProviderName } from "../../src/domain/Provider.ts"
import { DxRunner, type JobRequest } from "../../src/runner/DxRunner.ts"
import { eventually } from "../contract/support.ts"
import { makeDxWorld, provider } from "./dx/dxRunnerWorld.ts"
import { makeWorld } from "./local/localWorld.ts"

const id = BeadsId.make("bd-a1")
const AGENT = 'echo x >"$TMPDIR/left"; echo "$TMPDIR" >tmpdir.new; mv tmpdir.new tmpdir; [ ! -e hold ] || exec sleep 60'

interface World {
  readonly tempDir: string
  readonly runner: Layer.Layer<DxRunner>
  readonly request: JobRequest
  /** A request whose start is refused. */
  readonly refused: JobRequest
}

const local: Effect.Effect<World, never, Scope.Scope> = Effect.map(makeWorld, (world) => {
  const of = (...command: [string, ...Array<string>]) =>
    world.request(id, Provider.make({ name: ProviderName.make("agent"), command, maxParallel: 1 }))
  return {
    tempDir: world.root,
    runner: world.runner,
    request: of("sh", "-c", AGENT),
    refused: { ...of("true"), onLaunch: () => Effect.interrupt }
  }
})

const dx: Effect.Effect<World, never, Scope.Scope> = Effect.map(
  makeDxWorld({ env: { FAKE_DX_AGENT: `cd "$WORKTREE"; echo $$ >>agents; ${AGENT}` } }),
  (world) => ({
    tempDir: world.root,
    runner: world.layer,
    request: world.request(id, provider("opencode")),
    refused: world.request(id, provider("no-such-provider"))
  })
)

const temporary = ({ tempDir }: World) =>
  fs.readdirSync(tempDir).filter((name) => /^nightly-dispatch-(job|call)-/.test(name))

describe.each([
  ["local processes", local],
  ["dx-runner", dx]
])("the temporary files of %s", (_name, make) => {
  const started = Effect.gen(function* () {
    const world = yield* make
    const runner = yield* Effect.provide(DxRunner, world.runner)
    const { workspace } = world.request
    const tmpdir = Effect.sync(() => path.join(workspace.path, "tmpdir")).pipe(
      Effect.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : ""))
    )
    const trace = { attempt: world.request.attempt, worktree: workspace.path }
    return { world, runner, trace, hold: path.join(workspace.path, "hold"), tmpdir: eventually(tmpdir, Boolean) }
  })

  it.scopedLive("of a job go when what it left is ended", () =>
    Effect.gen(function* () {
      const { runner, tmpdir, trace, world } = yield* started
      yield* runner.start(world.request)
      assert.include(yield* tmpdir, world.tempDir)
      yield* eventually(runner.job(id, trace), (job) => job?.phase !== "running" && job?.phase !== "starting")
      assert.lengthOf(temporary(world), 1)
      yield* runner.endLeftovers(id, trace)
      assert.isEmpty(temporary(world))
    })
  )

  it.scopedLive("of a job go when it is stopped, and not before", () =>
    Effect.gen(function* () {
      const { hold, runner, tmpdir, trace, world } = yield* started
      fs.writeFileSync(hold, "")
      yield* runner.start(world.request)
      yield* runner.job(id, trace)
      assert.isTrue(fs.existsSync(path.join(yield* tmpdir, "left")))
      assert.isTrue(yield* runner.stop(id, trace))
      assert.isEmpty(temporary(world))
    })
  )

  it.scopedLive("of a start that is refused go at once", () =>
    Effect.gen(function* () {
      const { runner, world } = yield* started
      yield* Effect.exit(runner.start(world.refused))
      assert.isEmpty(temporary(world))
    })
  )
})
