import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { AGENT } from "../../src/demo/agent.ts"
import { problemsOf, type Findings } from "../../src/demo/findings.ts"
import { main } from "../../src/cli/main.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { inMemory } from "../cli/memory.ts"
import { commandLines } from "../commandLines.ts"

/** A command line in this process, with a temporary directory of its own and a home that does not exist. */
const makeWorld = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const tempDir = yield* fs.makeTempDirectoryScoped({ prefix: "demo test " })
  const { err, layer, out } = inMemory({
    environment: process.env,
    home: "/nonexistent",
    tempDir,
    node: process.execPath
  })
  return {
    tempDir,
    printed: { out: () => out.join(""), err: () => err.join("") },
    /** Names in the directory of the scratch folder. */
    left: fs.readDirectory(tempDir),
    run: (...args: ReadonlyArray<string>) => main(["node", "nightly-dispatch", ...args]).pipe(Effect.provide(layer))
  }
})

const nightlyDispatch = Effect.fn("nightlyDispatch")(function* (...args: ReadonlyArray<string>) {
  const { left, printed, run } = yield* makeWorld
  const code = yield* run(...args)
  return { code, out: printed.out(), err: printed.err(), left: yield* left }
})

describe("demo", () => {
  let ended: Effect.Effect.Success<ReturnType<typeof nightlyDispatch>>

  beforeAll(async () => {
    ended = await nightlyDispatch("demo", "--clean").pipe(
      Effect.scoped,
      Effect.provide(NodeContext.layer),
      Effect.runPromise
    )
  }, 60_000)

  it("says in its first line that the agent is scripted, and ends with 0", () => {
    assert.match(ended.out.split("\n")[0] ?? "", /the agent in this demo is scripted: no model is called/i)
    assert.strictEqual(ended.code, 0, ended.err)
  })

  it("bd-XXXX.2.1 asks for each provider's preflight before any claim", () => {
    const at = (pattern: RegExp) => ended.err.search(pattern)
    assert.isAtLeast(at(/\[preflight\/opencode\] .* MISSING/), 0)
    assert.isAbove(at(/claimed shop-/), at(/\[preflight\/scripted-agent\] .* OK/))
    assert.isAbove(at(/claimed shop-/), at(/\[preflight\/opencode\] ERROR: .*does not exist or is not executable/))
  })

  it("bd-XXXX.2.2 falls back from a provider that is really missing, once, and says why", () => {
    const lines = ended.err.split("\n").filter((line) => line.includes("PROVIDER_FALLBACK"))
    assert.strictEqual(lines.length, 1)
    assert.match(
      lines[0] ?? "",
      /^ts=\S+ run=\S+ ⚠️ PROVIDER_FALLBACK from=opencode to=scripted-agent reason=".*\/opencode does not exist or is not executable"$/
    )
  })

  it("bd-XXXX.4.3 repairs three bugs from end to end, each on its branch with a test that passes afterwards", () => {
    const rows = ended.out.match(
      /^shop-\w+ +scripted-agent +nightly-dispatch\/shop-\w+ +[0-9a-f]{7,} +fail → pass +\d+\.\d s$/gm
    )
    assert.deepStrictEqual(
      rows?.map((row) => row.split(/ +/).slice(0, 3)),
      ["shop-4k2", "shop-9fd", "shop-c1x"].map((id) => [id, "scripted-agent", `nightly-dispatch/${id}`])
    )
    assert.match(ended.err, /RUN_SUMMARY .* chosen=3 dispatched=3 failed=0 skipped=2 .* exit=0/)
  })

  it("shows the five issues that were left alone, each with its reason", () => {
    for (const row of [
      /^shop-e07 +duplicate +same error as shop-4k2, which is chosen in this run$/m,
      /^shop-h5m +blocked +waits for shop-p8s$/m,
      /^shop-m3q +assigned +assigned to another-agent; /m,
      /^shop-p8s +priority +P2, taken up to P1; /m,
      /^shop-t6v +not_open +closed; /m
    ]) {
      assert.match(ended.out, row)
    }
  })

  it("leaves no prompt file, no process and, with --clean, no folder; the bugs wait for a reviewer", () => {
    assert.match(ended.out, /^left behind: 0 prompt files, 0 claims, 0 processes \(3 looked for\)$/m)
    assert.match(ended.out, /^tracker: 3 bugs wait for review, label nightly-dispatch-review$/m)
    assert.deepStrictEqual(ended.left, [])
  })

  it("checks each agent's work itself, and shows that it is verified", () => {
    assert.match(ended.out, /^checked by us, not by the agent's word: verified=yes for 3 of 3 bugs$/m)
  })

  it("fits a screen of 80 columns and 40 lines, except long names and long log lines", () => {
    assert.isAtMost(`${ended.out}${ended.err}`.trimEnd().split("\n").length, 40)
    const named = ended.out.split("\n").filter((line) => !/^(Scratch folder|tracker):/.test(line))
    assert.isAtMost(Math.max(...named.map((line) => line.length)), 80)
  })

  it("names every difference from the expected end", () => {
    const repair = {
      id: BeadsId.make("shop-4k2"),
      provider: "scripted-agent",
      branch: "nightly-dispatch/shop-4k2",
      commit: "none",
      passes: false,
      gone: true,
      took: 1
    }
    const findings: Findings = {
      repairs: [{ ...repair, problems: ["test/cart.test.js does not pass"] }],
      skipped: [],
      left: { waiting: 0, verified: 0, claims: 1, files: ["nightly-dispatch-a1B2c3"], jobs: 1 },
      took: 1
    }
    assert.deepStrictEqual(problemsOf(findings), [
      "shop-4k2: test/cart.test.js does not pass",
      "left in the directory of the prompt files: nightly-dispatch-a1B2c3",
      "1 claims are still held",
      "only 0 bugs are marked for review",
      "our check verified the work for only 0 bugs",
      "1 jobs still run"
    ])
  })

  it.scopedLive("ends with 5 before it makes anything if git is missing, and says so", () =>
    Effect.gen(function* () {
      const path = process.env["PATH"]
      yield* Effect.acquireRelease(
        Effect.sync(() => void (process.env["PATH"] = "/nonexistent")),
        () => Effect.sync(() => void (process.env["PATH"] = path))
      )
      const { code, err, left, out } = yield* nightlyDispatch("demo")
      assert.strictEqual(code, 5)
      assert.strictEqual(err, "nightly-dispatch: the demo needs git, and there is none on PATH. Install git\n")
      assert.strictEqual(out, "")
      assert.deepStrictEqual(left, [])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("an interrupted demo", () => {
  it.scopedLive(
    "stops its agents, and with --clean leaves nothing",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        const fiber = yield* Effect.fork(world.run("demo", "--clean"))
        yield* Effect.sync(() => world.printed.err().includes("RUN_SUMMARY")).pipe(
          Effect.delay("20 millis"),
          Effect.repeat({ until: (started) => started })
        )
        const processes = Effect.sync(() => commandLines(`${world.tempDir}/nd-demo-`))
        assert.isNotEmpty(yield* processes)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* processes, [])
        assert.deepStrictEqual(yield* world.left, [])
        assert.notInclude(world.printed.out(), "repaired")
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})

describe("the scripted agent", () => {
  const start = Effect.fn("start")(
    function* (prompt: string) {
      const [fs, exec] = yield* Effect.all([FileSystem.FileSystem, Exec])
      const cwd = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${cwd}/agent.mjs`, AGENT)
      yield* fs.writeFileString(`${cwd}/x.prompt`, prompt)
      return yield* exec.run({
        tool: "agent",
        command: process.execPath,
        args: ["agent.mjs", "x.prompt"],
        cwd,
        timeout: "20 seconds"
      })
    },
    Effect.provide(Layer.merge(NodeContext.layer, NodeExec.layer))
  )

  it.scopedLive("fails when it knows no repair for the function in the prompt", () =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* start("Issue:  shop-1\nBranch: main\n    at sum (src/cart.js:1:1)\n")
      assert.strictEqual(exitCode, 1)
      assert.strictEqual(stderr, "scripted agent: no repair is known for sum\n")
    })
  )

  it.scopedLive("fails when the prompt has no stack frame", () =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* start("Issue:  shop-1\nBranch: main\nIt is broken.\n")
      assert.strictEqual(exitCode, 1)
      assert.strictEqual(stderr, "scripted agent: the prompt names no stack frame\n")
    })
  )
})
