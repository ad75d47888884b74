import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import * as starter from "../../../src/cli/watcher/starter.ts"
import { ensureWatcher } from "../../../src/domain/Watching.ts"
import { ExecNotStarted } from "../../../src/exec/Exec.ts"
import { FakeExec, FakeExecState } from "../../../src/testing/index.ts"
import { withLog } from "../../dispatch/support.ts"
import { inMemory } from "../memory.ts"

const directory = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nd-watcher-"))),
  (made) => Effect.promise(() => fs.rm(made, { recursive: true, force: true }))
)

/** Asks for a watcher twice where processes are fake, so that none ever has the place. */
const askedTwice = (
  watch: "auto" | "never",
  exec: FakeExec.FakeExecScript,
  meanwhile: Effect.Effect<void, never, FakeExecState>
) =>
  Effect.gen(function* () {
    const state = yield* directory
    yield* Effect.promise(() => fs.writeFile(path.join(state, "watch.log"), "first line\nError: out of memory\n"))
    const layers = starter
      .layer({ watch }, { directory: state, flags: ["--config", "/etc/nd.yaml"] })
      .pipe(Layer.provideMerge(Layer.mergeAll(FakeExec.layer(exec), NodeContext.layer, inMemory().layer)))
    return yield* Effect.gen(function* () {
      const fiber = yield* Effect.fork(withLog(Effect.zip(ensureWatcher, ensureWatcher)))
      yield* Effect.yieldNow()
      yield* meanwhile
      // The files are real, so the fiber also waits in real time.
      while ((yield* fiber.poll)._tag === "None") yield* Effect.zipRight(realPause, TestClock.adjust("1 second"))
      const { lines, result } = yield* Fiber.join(fiber)
      const calls = yield* (yield* FakeExecState).calls
      const launched = calls.flatMap((call) => (call.method === "launch" ? [call.args[0]] : []))
      return { first: result[0], second: result[1], lines, launched }
    }).pipe(Effect.provide(layers))
  })

const realPause = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))

describe("starting a watcher", () => {
  it.scoped("that does not take the place: says so once, names the log, and is not tried again", () =>
    Effect.gen(function* () {
      const { first, launched, lines, second } = yield* askedTwice("auto", {}, Effect.void)
      assert.strictEqual(first.state, "not_started")
      assert.match(first.detail, /was started, but does not watch yet; see .*watch\.log/)
      assert.deepStrictEqual(second, first)
      assert.lengthOf(launched, 1)
      assert.lengthOf(
        lines.filter((line) => line.startsWith("WARN the watcher: ")),
        1,
        lines.join("\n")
      )
      const [spec] = launched
      assert.deepStrictEqual(spec?.args.slice(-4), ["/opt/nightly-dispatch.js", "watch", "--config", "/etc/nd.yaml"])
      assert.strictEqual(spec?.tool, "nightly-dispatch")
    })
  )

  it.scoped("that ends at once: shows the last line of its log", () =>
    Effect.gen(function* () {
      const end = Effect.gen(function* () {
        const { alive, exit } = yield* FakeExecState
        for (let tries = 0; tries < 200 && (yield* alive).length === 0; tries++) yield* realPause
        for (const { pid } of yield* alive) yield* exit(pid)
      })
      const { first } = yield* askedTwice("auto", {}, end)
      assert.strictEqual(first.state, "not_started")
      assert.match(first.detail, /ended at once: Error: out of memory$/)
    })
  )

  it.scoped("that cannot be launched: says why", () =>
    Effect.gen(function* () {
      const missing = new ExecNotStarted({ command: "node", reason: "not_found", detail: "no such command" })
      const { first } = yield* askedTwice(
        "auto",
        { faults: [FakeExec.on("launchGated").fails(missing), FakeExec.on("launch").fails(missing)] },
        Effect.void
      )
      assert.include(first, { state: "not_started", detail: "it could not be started: node: no such command" })
    })
  )

  it.scoped("is off with `watch: never`: launches nothing and warns of nothing", () =>
    Effect.gen(function* () {
      const { first, launched, lines } = yield* askedTwice("never", {}, Effect.void)
      assert.deepStrictEqual(first, { state: "off", detail: "the setting watch is never" })
      assert.isEmpty(launched)
      assert.isEmpty(lines.filter((line) => line.startsWith("WARN")))
    })
  )
})
