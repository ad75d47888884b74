import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Either, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { CurrentSettings } from "../../../src/domain/Settings.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { beadsId } from "../../contract/support.ts"
import { withLog } from "../../dispatch/support.ts"
import { makeWorld, runnerOn } from "./localWorld.ts"

/** Two runners with state directories of their own, which share the caps. */
const twoRunners = Effect.gen(function* () {
  const world = yield* makeWorld
  const stateDirs = ["state dir", "other state"].map((name) => path.join(world.root, name))
  // A link to a state directory is no other one.
  fs.mkdirSync(path.join(world.root, "state dir"), { recursive: true, mode: 0o700 })
  fs.symlinkSync(path.join(world.root, "state dir"), path.join(world.root, "link"))
  const neighbours = { stateDirs: Effect.succeed([...stateDirs, "/nowhere"]), lockDir: path.join(world.root, "shared") }
  const runners = yield* Effect.forEach([path.join(world.root, "link"), ...stateDirs.slice(1)], (stateDir) =>
    Effect.map(Layer.build(runnerOn(stateDir, NodeExec.layer, NodeFileSystem.layer, neighbours)), Context.get(DxRunner))
  )
  const [here, there] = runners
  assert(here !== undefined && there !== undefined)
  yield* Effect.addFinalizer(() =>
    there.running.pipe(
      Effect.flatMap((jobs) => Effect.forEach(jobs, ({ beads }) => there.stop(beads))),
      Effect.orDie
    )
  )
  return { world, here, there }
})

describe("the caps of providers", { timeout: 30_000 }, () => {
  it.scopedLive("hold for two repositories together, although both start at the same time", () =>
    Effect.gen(function* () {
      const { here, there, world } = yield* twoRunners
      const provider = world.provider("slow", 3)
      // The others count while a start goes on.
      const slowly = (id: string) => ({
        ...world.request(beadsId(id), provider),
        onLaunch: () => Effect.sleep("200 millis")
      })
      const starts = ["bd-a1", "bd-a2", "bd-a3"].flatMap((id) => [
        here.start(slowly(id)),
        there.start(slowly(`${id}-other`))
      ])
      const [full, started] = yield* Effect.partition(starts, (start) => start, { concurrency: "unbounded" })
      assert.strictEqual(started.length, 3)
      assert.isTrue(full.every((error) => error._tag === "RunnerFailed" && error.capacity))
      const jobs = [...(yield* here.running), ...(yield* there.running)]
      assert.strictEqual(jobs.length, 3)
    })
  )

  it.scopedLive("say that jobs of another repository take the places, and are free again when these end", () =>
    Effect.gen(function* () {
      const { here, there, world } = yield* twoRunners
      const provider = world.provider("slow", 1)
      const job = beadsId("bd-a1")
      yield* there.start(world.request(job, provider))
      const settings = { ...defaultSettings, providers: [provider] as const }
      const capacity = Effect.provideService(here.capacity, CurrentSettings, settings)
      assert.strictEqual((yield* capacity).get(provider.name), 0)
      const refused = yield* Effect.either(here.start(world.request(beadsId("bd-a2"), provider)))
      assert(Either.isLeft(refused) && refused.left._tag === "RunnerFailed")
      assert.include(refused.left.message, "(1/1, 1 of them for other repositories of this host)")
      yield* there.stop(job)
      assert.strictEqual((yield* capacity).get(provider.name), 1)
      yield* here.start(world.request(beadsId("bd-a2"), provider))
    })
  )

  it.scopedLive(
    "do not keep a job from its start where the lock of the host cannot be taken: that is one warning",
    () =>
      Effect.gen(function* () {
        const { here, world } = yield* twoRunners
        fs.writeFileSync(path.join(world.root, "shared"), "no directory")
        const request = world.request(beadsId("bd-a1"), world.provider("slow", 1))
        const { lines, result } = yield* withLog(here.start(request))
        assert.strictEqual(result.how, "started")
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", /^WARN another dispatcher of this host may start a job now as well, over the cap /)
      })
  )
})
