import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { cronDaemonRuns } from "../../../src/cli/cron/daemon.ts"
import { rehearse } from "../../../src/cli/cron/rehearse.ts"
import { FakeExec } from "../../../src/testing/index.ts"
import { inMemory } from "../memory.ts"

const world = (reply: FakeExec.FakeReply, faults: FakeExec.FakeExecScript["faults"] = []) =>
  Layer.mergeAll(
    FakeExec.layer({ run: () => reply, faults }),
    inMemory({ environment: { USER: "op", SECRET: "x" } }).layer,
    NodeContext.layer
  )
const rehearsal = rehearse({ script: "exit 0\n", bash: "/bin/bash" })
const IN = "rehearsed in cron's environment: "

describe("the rehearsal", () => {
  it.effect("gives the script nothing but what cron does", () =>
    Effect.gen(function* () {
      yield* rehearsal
      const [argv = []] = yield* (yield* FakeExec.FakeExecState).argvs
      const environment = ["HOME=/home/someone", "LOGNAME=op", "SHELL=/bin/sh", "PATH=/usr/bin:/bin"]
      assert.deepStrictEqual(argv.slice(0, 7), ["env", "-i", ...environment, "/bin/bash"])
      assert.deepStrictEqual(argv.slice(8), ["run", "--dry-run", "--json"])
    }).pipe(Effect.provide(world({})))
  )

  for (const [reply, text] of [
    [{ exitCode: 127, stderr: "one\nnode is missing\n" }, "node is missing (exit 127)"],
    [
      { exitCode: 5, stdout: '{"error":{"what":"unknown\\n key","where":"limits.max","next":null,"exit":5}}' },
      "limits.max: unknown key (exit 5)"
    ],
    [{ exitCode: 1 }, "it printed no report (exit 1)"]
  ] as const) {
    it.effect(`fails with ${text}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* rehearsal, { passed: false, text: IN + text })
      }).pipe(Effect.provide(world(reply)))
    )
  }

  it.effect("is not waited for longer than three minutes", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(rehearsal)
      while ((yield* (yield* FakeExec.FakeExecState).argvs).length === 0)
        yield* Effect.promise(() => new Promise(setImmediate))
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { passed: false, text: `${IN}env: did not end within 180 s` })
    }).pipe(Effect.provide(world({}, [FakeExec.on("run").hangs()])))
  )
})

describe("the cron daemon", () => {
  for (const [reply, runs] of [
    [{ stdout: "systemd\ncron\n" }, true],
    [{ stdout: "/sbin/launchd\n" }, true],
    [{ stdout: "systemd\ncrontab\n" }, false],
    [{ exitCode: 1 }, undefined]
  ] as const) {
    it.effect(`${JSON.stringify(reply)}: ${runs ?? "cannot be told"}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* cronDaemonRuns, runs)
      }).pipe(Effect.provide(world(reply)))
    )
  }
})
