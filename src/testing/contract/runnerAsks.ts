import { Effect, Either } from "effect"
import { PreflightFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { type RunnerCheck } from "./runnerWorld.ts"

/** What the runner says of itself. */
export const itself = (check: RunnerCheck): void => {
  check("names what it runs on, and its caps", (runner) =>
    Effect.gen(function* () {
      assert.match(yield* runner.version, /\S/)
      for (const [provider, cap] of yield* runner.capacity) assert.isAtLeast(cap, 0, provider)
    })
  )

  check("refuses no ordinary prompt", (runner) =>
    Effect.sync(() => assert.isUndefined(runner.promptRefusal("Fix the bug in the parser.\n\nIt's `broken`.")))
  )
}

/** What `preflight` must do. */
export const preflight = (check: RunnerCheck): void => {
  check("of a working provider passes and says what it checked, line by line", (runner, world) =>
    Effect.gen(function* () {
      const provider = world.provider("works")
      const report = yield* runner.preflight(provider)
      assert.strictEqual(report.provider, provider.name)
      assert.isNotEmpty(report.lines)
      for (const line of [...report.lines, ...report.warnings]) assert.notMatch(line, /[\r\n]|^\s*$/)
    })
  )

  check("of a broken provider fails with one line to act on, and blames the provider", (runner, world) =>
    Effect.gen(function* () {
      const provider = world.provider("broken")
      const result = yield* Effect.either(runner.preflight(provider))
      assert(Either.isLeft(result), "the preflight must not pass")
      assert(result.left instanceof PreflightFailed, `expected PreflightFailed, got ${String(result.left)}`)
      assert.strictEqual(result.left.provider, provider.name)
      assert.strictEqual(result.left.blame, "provider")
      assert.match(result.left.detail, /\S/)
      assert.notMatch(result.left.detail, /[\r\n]/)
    })
  )
}
