import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ExecNotStarted, type ExecSpec } from "../../src/exec/Exec.ts"
import { inOneLook, look } from "../../src/exec/oneLook.ts"
import { FakeExec, FakeExecState } from "../../src/testing/index.ts"

const spec = (cwd = "/src/app"): ExecSpec => ({
  tool: "git",
  command: "git",
  args: ["rev-parse", "--show-toplevel"],
  cwd,
  timeout: "10 seconds"
})
const missing = new ExecNotStarted({ command: "git", reason: "no_resources", detail: "no process is free" })
const calls = Effect.flatMap(FakeExecState, ({ argvs }) => Effect.map(argvs, (all) => all.length))
const answering = (faults: FakeExec.FakeExecScript["faults"] = []) =>
  Effect.provide(FakeExec.layer({ run: (_, { cwd }) => ({ stdout: cwd }), faults }))

describe("one look", () => {
  it.effect("starts the same command once, also for two callers at the same time, and each look starts it anew", () =>
    Effect.gen(function* () {
      const both = Effect.all([look(spec()), look(spec())], { concurrency: 2 })
      const found = yield* inOneLook(Effect.zip(both, look(spec())))
      assert.deepStrictEqual([found[0][0].stdout, found[1].stdout, yield* calls], ["/src/app", "/src/app", 1])
      yield* inOneLook(look(spec()))
      assert.strictEqual(yield* calls, 2)
    }).pipe(answering([FakeExec.on("run").delays("0 millis")]))
  )

  it.effect("takes no other directory for the same, and remembers nothing outside of a look", () =>
    Effect.gen(function* () {
      const [here, there] = yield* inOneLook(Effect.all([look(spec()), look(spec("/src/other"))]))
      assert.deepStrictEqual([here.stdout, there.stdout, yield* calls], ["/src/app", "/src/other", 2])
      yield* Effect.zip(look(spec()), look(spec()))
      assert.strictEqual(yield* calls, 4)
    }).pipe(answering())
  )

  it.effect("tries a command again that gave no answer, also if its caller was interrupted", () =>
    inOneLook(
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(look(spec())))._tag, "ExecNotStarted")
        const hanging = yield* Effect.fork(look(spec()))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(hanging)
        assert.strictEqual((yield* look(spec())).stdout, "/src/app")
      })
    ).pipe(answering([FakeExec.on("run").fails(missing).times(1), FakeExec.on("run").hangs().from(2).times(1)]))
  )
})
