import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { BeadsId } from "../../../src/domain/Ids.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { beadsId, eventually } from "../../contract/support.ts"
import { Orders, Report } from "./localStarter.ts"
import { processBundle } from "../../processBundle.ts"
import { makeWorld, runnerOn, type LocalWorld, type Mode } from "./localWorld.ts"

/** Milliseconds for one test: it starts processes, which takes long on a busy host. */
const PATIENCE = 30_000

// One process starts the jobs, another one asks for them: the answers must be the same as in one process.
describe("LocalRunner among processes", () => {
  const id = beadsId("bd-a1")
  const bundle = processBundle({
    contents: `import { main } from "./localStarter.ts"; await main(process.argv[2])`,
    directory: import.meta.dirname
  })

  const startElsewhere = Effect.fn("startElsewhere")(function* (
    world: LocalWorld,
    mode: Mode,
    ids: ReadonlyArray<BeadsId>,
    options: { readonly maxParallel?: number; readonly dies?: boolean } = {}
  ) {
    const orders = yield* Schema.encode(Orders)({
      root: world.root,
      stateDir: world.stateDir,
      agent: world.agent,
      mode,
      maxParallel: options.maxParallel ?? 3,
      ids,
      dies: options.dies ?? false
    })
    const exec = yield* Exec
    return yield* exec.run({
      tool: "agent",
      command: process.execPath,
      args: [bundle(), orders],
      cwd: "/",
      timeout: "20 seconds"
    })
  }, Effect.provide(NodeExec.layer))

  it.scopedLive(
    "a job outlives the process that started it, and another process asks for, lists, adopts and stops it",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        const said = yield* startElsewhere(world, "slow", [id])
        assert.strictEqual(said.stdout, '["started"]', said.stderr)
        yield* Effect.gen(function* () {
          const runner = yield* DxRunner
          const job = yield* runner.job(id)
          assert.strictEqual(job?.phase, "running")
          assert.deepStrictEqual(
            (yield* runner.running).map((running) => running.beads),
            [id]
          )
          const again = yield* runner.start(world.request(id, world.provider("slow")))
          assert.strictEqual(again.how, "adopted")
          assert.strictEqual(again.pid, job?.pid)
          assert.strictEqual(again.runInstance, job?.runInstance)
          yield* eventually(
            Effect.sync(() => world.agents(id)),
            (agents) => agents.length > 0
          )
          assert.lengthOf(world.agents(id), 1)
          assert.isTrue(yield* runner.stop(id))
          assert.deepStrictEqual(yield* world.processes, [])
        }).pipe(Effect.provide(world.runner))
        // A third runner sees the stop of the second.
        const after = yield* Effect.flatMap(DxRunner, (runner) => runner.job(id)).pipe(
          Effect.provide(runnerOn(world.stateDir))
        )
        assert.strictEqual(after?.phase, "stopped")
      }),
    PATIENCE
  )

  it.scopedLive(
    "the exit code of an agent is on record even if its starter ended before",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        yield* startElsewhere(world, "fails", [id])
        const job = yield* eventually(
          Effect.flatMap(DxRunner, (runner) => runner.job(id)),
          (job) => job?.phase !== "running"
        ).pipe(Effect.provide(world.runner))
        assert.strictEqual(job?.phase, "failed")
        assert.strictEqual(job?.exitCode, 3)
        assert.isAtLeast(job?.endedAt ?? 0, job?.startedAt ?? Infinity)
      }),
    PATIENCE
  )

  it.scopedLive(
    "two processes that start three jobs each with a cap of two start exactly two jobs",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        const mine = ["bd-a1", "bd-a2", "bd-a3"].map(beadsId)
        const yours = ["bd-b1", "bd-b2", "bd-b3"].map(beadsId)
        const said = yield* Effect.all(
          [mine, yours].map((ids) => startElsewhere(world, "slow", ids, { maxParallel: 2 })),
          { concurrency: "unbounded" }
        )
        const words = yield* Effect.forEach(said, (one) => Schema.decode(Report)(one.stdout))
        assert.deepStrictEqual(words.flat().sort(), ["full", "full", "full", "full", "started", "started"])
        const agents = () => [...mine, ...yours].flatMap((one) => world.agents(one))
        yield* eventually(Effect.sync(agents), (pids) => pids.length >= 2)
        assert.lengthOf(agents(), 2)
      }),
    PATIENCE
  )

  it.scopedLive(
    "two processes that start the same bug start one agent",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        const said = yield* Effect.all(
          [0, 1].map(() => startElsewhere(world, "slow", [id])),
          { concurrency: "unbounded" }
        )
        const words = yield* Effect.forEach(said, (one) => Schema.decode(Report)(one.stdout))
        assert.deepStrictEqual(words.flat().sort(), ["adopted", "started"])
        yield* eventually(
          Effect.sync(() => world.agents(id)),
          (agents) => agents.length > 0
        )
        assert.lengthOf(world.agents(id), 1)
      }),
    PATIENCE
  )

  it.scopedLive(
    "a process that is killed before the gate opens leaves no agent, and the bug can be started",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        const said = yield* startElsewhere(world, "slow", [id], { dies: true })
        assert.strictEqual(said.signal, "SIGKILL")
        assert.isEmpty(
          yield* eventually(world.processes, (left) => left.length === 0),
          "the supervisor ends with its gate"
        )
        yield* Effect.gen(function* () {
          const runner = yield* DxRunner
          const job = yield* runner.job(id)
          assert.strictEqual(job?.phase, "gone")
          assert.include(job?.reason, "never started")
          assert.isEmpty(yield* runner.running)
          assert.isEmpty(world.agents(id))
          const ack = yield* runner.start(world.request(id, world.provider("slow")))
          assert.strictEqual(ack.how, "started")
          yield* eventually(
            Effect.sync(() => world.agents(id)),
            (agents) => agents.length > 0
          )
          assert.lengthOf(world.agents(id), 1, "only the agent of the second start")
          yield* runner.stop(id)
        }).pipe(Effect.provide(world.runner))
      }),
    PATIENCE
  )
})
