import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as fs from "node:fs"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { BEADS, facts, opencode, requestIn, scripted, started } from "./dxRunnerChecks.ts"
import { provider } from "./dxRunnerWorld.ts"

describe("the command line", () => {
  it.effect("bd-XXXX.1.1 is dx-runner start with one argument per flag and value, outside any repository", () => {
    const { asked, layer } = scripted({ start: started })
    return Effect.gen(function* () {
      yield* (yield* DxRunner).start(requestIn("/tmp", provider("opencode")))
      const [spec] = asked
      assert.strictEqual(spec?.command, "dx-runner")
      assert.strictEqual(
        spec?.args.join("|"),
        "start|--beads|bd-a1b2|--provider|opencode|--prompt-file|/tmp/p|--worktree|/tmp|--repo|repo"
      )
      assert.strictEqual(spec?.cwd, "/")
      assert.strictEqual(spec?.env?.["BEADS_DIR"], BEADS)
    }).pipe(Effect.provide(layer))
  })

  it.effect("bd-XXXX.1.3 gives start the preflight's time and the acknowledgement's 30 seconds", () => {
    const { asked, layer } = scripted({ start: started, preflight: "=== Preflight PASSED ===\n" })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* runner.preflight(provider("opencode"))
      yield* runner.start(requestIn("/tmp", provider("opencode")))
      assert.deepStrictEqual(
        asked.slice(0, 2).map(({ args, timeout }) => [args[0], Duration.toSeconds(timeout)]),
        [
          ["preflight", 60],
          ["start", 90]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes --model only when the settings name a model", () => {
    const { asked, layer } = scripted({ start: started, preflight: "=== Preflight PASSED ===\n" })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      for (const use of [provider("opencode"), provider("opencode", "zhipuai/glm-5.1")]) {
        yield* runner.preflight(use)
        yield* runner.start(requestIn("/tmp", use))
      }
      const models = asked
        .filter(({ args }) => args[0] === "preflight" || args[0] === "start")
        .map(({ args }) => args.slice(args.indexOf("--model")).slice(0, 2).join(" "))
      assert.deepStrictEqual(models.slice(2), ["--model zhipuai/glm-5.1", "--model zhipuai/glm-5.1"])
      assert.notInclude(asked[0]?.args ?? [], "--model")
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for a commit only if the settings want one and the revision can, and reads the usage once", () => {
    const asking = (requireCommit: boolean, usage: string) => {
      const { asked, layer } = scripted({ start: started, "--help": usage }, { requireCommit })
      return Effect.gen(function* () {
        const runner = yield* DxRunner
        yield* runner.start(requestIn("/tmp", opencode))
        yield* runner.start(requestIn("/tmp", opencode))
        return [
          asked.filter(({ args }) => args.includes("--require-commit-artifact")).length,
          asked.filter(({ args }) => args[0] === "--help").length
        ]
      }).pipe(Effect.provide(layer))
    }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* asking(true, "V2.0\n  --require-commit-artifact   Enforce"), [2, 1])
      assert.deepStrictEqual(yield* asking(true, "V1.3"), [0, 1])
      assert.deepStrictEqual(yield* asking(false, "V2.0\n  --require-commit-artifact   Enforce"), [0, 0])
    })
  })

  it.effect("does not call dx-runner for a missing worktree: dx-runner would use another one", () => {
    const { asked, layer } = scripted({ start: started })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      const failed = yield* Effect.flip(runner.start(requestIn("/tmp/no/such/worktree", opencode)))
      assert.strictEqual(facts(failed), "RunnerFailed host")
      assert.include(failed.message, "/tmp/no/such/worktree")
      assert.isTrue(fs.existsSync("test"), "it exists relative to us, but dx-runner runs elsewhere")
      assert.strictEqual(facts(yield* Effect.flip(runner.start(requestIn("test", opencode)))), "RunnerFailed host")
      assert.isEmpty(asked)
    }).pipe(Effect.provide(layer))
  })
})
