import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Cron, Deferred, Effect, Fiber, Layer, Option, Schema, Supervisor, TestClock } from "effect"
import { DispatchIssue, Journal, newRunId, nightlyRun, RunPlace, TrackerFailed } from "../../src/index.ts"
import { FakeBeads, FakeExec, world, World, type WorldScript } from "../../src/testing/index.ts"
import { healthOf, loopback, service, type ServiceOptions } from "./service.ts"

const options: ServiceOptions = { cron: Cron.unsafeParse("0 3 * * *", "UTC"), patience: "2 hours" }
const Health = Schema.Struct({ status: Schema.String, words: Schema.String })

const place = Layer.succeed(RunPlace, Effect.succeed({ host: "vm-1", repository: { name: "app", path: "/src/app" } }))
const fakes = (script: WorldScript) =>
  DispatchIssue.layer.pipe(Layer.provideMerge(Layer.mergeAll(world(script), FakeExec.layer(), place)))

/** The service as a fiber: what `/health` answers, whether its server listens, and the fibers it has. */
const started = Effect.fnUntraced(function* (changes: Partial<ServiceOptions> = {}) {
  const port = yield* Deferred.make<number>()
  const fibers = yield* Supervisor.track
  const announce = Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
    Deferred.succeed(port, address._tag === "TcpAddress" ? address.port : 0)
  )
  const fiber = yield* Effect.zipRight(announce, service({ ...options, ...changes })).pipe(
    Effect.provide(loopback(0)),
    Effect.supervised(fibers),
    Effect.fork
  )
  const address = `http://127.0.0.1:${yield* Deferred.await(port)}/health`
  const get = Effect.tryPromise(() => fetch(address, { headers: { connection: "close" } }))
  return {
    health: Effect.gen(function* () {
      const response = yield* get
      const { words } = yield* Schema.decodeUnknown(Health)(yield* Effect.promise(() => response.json()))
      return [response.status, words] as const
    }),
    isListening: Effect.isSuccess(get),
    fibers: Effect.map(fibers.value, (all) => all.length),
    interrupt: Fiber.interrupt(fiber)
  }
})

const day = TestClock.adjust("24 hours")
const trackerDown = new TrackerFailed({
  operation: "list",
  reason: "refused",
  detail: "database is locked",
  blame: "tracker"
})

describe("a service on a cron schedule", () => {
  it.effect("is well after a good night and a paused one, and says how the night with a broken tracker ended", () =>
    Effect.gen(function* () {
      const { beads, runner } = yield* World
      const { health, interrupt } = yield* started()
      assert.deepStrictEqual(yield* health, [200, "no run was due yet"])
      yield* TestClock.adjust("4 hours")
      assert.deepStrictEqual(yield* health, [200, "done, 1 dispatched"])
      yield* runner.finish("bd-1")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* beads.issues)[0]?.status, "open", "the watcher settled the job between two runs")

      yield* beads.inject(FakeBeads.on("openBugs").fails(trackerDown))
      yield* day
      const [status, words] = yield* health
      assert.strictEqual(status, 503)
      assert.match(words, /^TrackerFailed: .*database is locked/)

      const at = yield* Clock.currentTimeMillis
      yield* Effect.flatMap(Journal, ({ pause }) => pause({ at, reason: "the tracker moves", by: "op@vm-1" }))
      yield* day
      assert.deepStrictEqual(yield* health, [200, "dispatching is paused by op@vm-1: the tracker moves"])
      yield* interrupt
    }).pipe(Effect.provide(fakes({ bugs: [{ id: "bd-1" }] })))
  )

  it.effect("is not well while a run has not ended in time", () =>
    Effect.gen(function* () {
      const { health, interrupt } = yield* started({ patience: "10 seconds" })
      yield* TestClock.adjust("3 hours")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* health, [200, "no run was due yet"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* health, [503, "the run of 1970-01-01T03:00:00.000Z has not ended"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* health, [200, "done, 0 dispatched"])
      yield* interrupt
    }).pipe(Effect.provide(fakes({ faults: { beads: [FakeBeads.on("openBugs").delays("20 seconds")] } })))
  )

  it.scoped("is well after a night that was left to another run", () =>
    Effect.gen(function* () {
      const { health, interrupt } = yield* started()
      const run = yield* newRunId
      yield* Effect.flatMap(Journal, ({ lock }) => lock({ run, until: 12 * 3_600_000, work: "run" }))
      yield* TestClock.adjust("4 hours")
      const [status, words] = yield* health
      assert.strictEqual(status, 200)
      assert.match(words, /^another run is active/)
      yield* interrupt
    }).pipe(Effect.provide(fakes({ bugs: [{ id: "bd-1" }] })))
  )

  it("knows that a run is late from the end of the last one", () => {
    const last = { at: Date.parse("2026-07-01T03:10:00Z"), isFine: true, words: "done" }
    const at = (time: string) => healthOf(last, Date.parse(time), options).status
    assert.deepStrictEqual([at("2026-07-02T05:00:00Z"), at("2026-07-02T05:00:01Z")], [200, 503])
  })

  it.effect("ends with its server, its watcher and its run at an interruption, and its jobs go on", () =>
    Effect.gen(function* () {
      const [{ runner }, { watcher }] = yield* Effect.all([World, Journal])
      const { fibers, interrupt, isListening } = yield* started()
      yield* TestClock.adjust("4 hours")
      assert.isTrue(Option.isSome(yield* watcher))
      assert.isTrue(yield* isListening)
      yield* interrupt
      assert.deepStrictEqual([yield* fibers, yield* isListening, yield* watcher], [0, false, Option.none()])
      assert.deepStrictEqual(
        (yield* runner.jobs).map(({ phase }) => phase),
        ["running"]
      )
      assert.strictEqual((yield* nightlyRun()).end._tag, "done", "no lock is left")
    }).pipe(Effect.provide(fakes({ bugs: [{ id: "bd-1" }] })))
  )
})
