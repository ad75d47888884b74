import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import * as dispatchIssue from "../../../src/dispatch/attempt/dispatchIssue.ts"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { EXIT } from "../../../src/domain/exitCode.ts"
import { withinLimit } from "../../../src/domain/interruption.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { fakes, oneBug, options, withLog, type World } from "../support.ts"

/** A layer of somebody else: the method never answers, and cannot even be interrupted. */
const hanging = Effect.uninterruptible(Effect.never)

const SERVICES = { BeadsCli, DxRunner, Journal, PromptStore, Workspaces }
type Name = keyof typeof SERVICES

const withHanging = (method: string) => (service: object) => {
  const isValue = Effect.isEffect(Reflect.get(service, method))
  return { ...service, [method]: isValue ? hanging : () => hanging } as never
}

/** The fakes of a world, one of whose methods hangs. */
const hangingWorld = (name: Name, method: string, world: World) => {
  const tag = SERVICES[name]
  const broken = Layer.effect(tag as typeof BeadsCli, Effect.map(tag as typeof BeadsCli, withHanging(method)))
  return Layer.fresh(dispatchIssue.layer).pipe(Layer.provideMerge(broken), Layer.provideMerge(fakes(world)))
}

/** How many minutes of virtual time the effect takes, at most 300, and its result and log. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDaemon(withLog(effect))
    for (let minutes = 0; minutes < 300; minutes++) {
      const exit = yield* Fiber.poll(fiber)
      if (exit._tag === "Some") return { minutes, ...(yield* exit.value) }
      yield* TestClock.adjust("1 minute")
    }
    return assert.fail("it hangs")
  })

const METHODS: Readonly<Record<Name, ReadonlyArray<string>>> = {
  BeadsCli: ["version", "openBugs", "show", "claim", "leases", "claimsOf"],
  DxRunner: ["version", "preflight", "start", "job", "running", "capacity"],
  Journal: ["lock", "begin", "end", "intend", "advance", "open", "since", "of"],
  PromptStore: ["write", "keep", "sweep"],
  Workspaces: ["version", "check", "acquire", "keep"]
}

/** Calls without which a run goes on, and says so. */
const WITHOUT = new Set(["version", "capacity", "keep", "sweep", "leases", "claimsOf", "job", "running"])

describe("a layer that hangs and cannot be interrupted", () => {
  for (const [name, methods] of Object.entries(METHODS) as Array<[Name, ReadonlyArray<string>]>)
    for (const method of methods)
      it.effect(`${name}.${method}: the run ends within its time and ten minutes`, () =>
        Effect.gen(function* () {
          const { lines, minutes, result } = yield* timed(nightlyRun(options))
          assert.isAtMost(minutes, 60, lines.join("\n"))
          if (!WITHOUT.has(method)) assert.notStrictEqual(result.exit, EXIT.ok, lines.join("\n"))
        }).pipe(Effect.provide(hangingWorld(name, method, oneBug)))
      )

  for (const [name, method] of [
    ["BeadsCli", "claimsOf"],
    ["DxRunner", "job"],
    ["Journal", "open"]
  ] as const)
    it.effect(`${name}.${method}: settle ends too`, () =>
      Effect.gen(function* () {
        const { minutes } = yield* timed(Effect.exit(settleNow(options)))
        assert.isAtMost(minutes, 60)
      }).pipe(Effect.provide(hangingWorld(name, method, oneBug)))
    )
})

describe("withinLimit", () => {
  it.effect("an effect that ends in time keeps its result, its failure and its changes of the fiber", () =>
    Effect.gen(function* () {
      const limited = <A, E>(effect: Effect.Effect<A, E>) =>
        withinLimit(effect, "1 second", () => Effect.succeed("late"))
      assert.strictEqual(yield* limited(Effect.succeed(1)), 1)
      assert.strictEqual(yield* Effect.flip(limited(Effect.fail("no"))), "no")
      const fiber = yield* Effect.fork(limited(Effect.delay(Effect.succeed(2), "900 millis")))
      yield* TestClock.adjust("900 millis")
      assert.strictEqual(yield* fiber, 2)
    })
  )

  it.effect("a caller that is interrupted waits for the roll-back, but not for ever", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const rollBack = Effect.delay(
        Effect.sync(() => ended.push("rolled back")),
        "3 seconds"
      )
      const limited = (effect: Effect.Effect<unknown>) =>
        withinLimit(effect, Duration.seconds(10), () => Effect.void).pipe(
          Effect.onExit(() => Effect.sync(() => ended.push("caller")))
        )
      const patient = yield* Effect.fork(limited(Effect.onInterrupt(Effect.never, () => rollBack)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptFork(patient)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(ended, ["rolled back", "caller"])
      const stuck = yield* Effect.fork(limited(hanging))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptFork(stuck)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(ended, ["rolled back", "caller", "caller"])
    })
  )
})
