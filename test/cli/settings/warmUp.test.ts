import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { warmUp } from "../../../src/cli/settings/warmUp.ts"
import { defaultSettings } from "../../../src/domain/Settings.ts"
import { withLog } from "../../dispatch/support.ts"

const NOW = Date.UTC(2026, 10, 26)
const loaded = { settings: defaultSettings, sources: new Map<never, never>() }

/** `limits.maxParallel` after `hours`, and the warnings, in a state directory whose first run was then. */
const warmedUp = Effect.fnUntraced(function* (firstRun: string, record = true, hours = 0) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  yield* fs.writeFileString(`${directory}/first-run`, `${firstRun}\n`)
  yield* TestClock.setTime(NOW)
  const first = yield* withLog(warmUp(loaded, directory, record))
  yield* TestClock.adjust(`${hours} hours`)
  const { lines, result } = yield* withLog(warmUp(loaded, directory, record))
  const warnings = [...first.lines, ...lines].filter((line) => line.startsWith("WARN"))
  return { parallel: result.limits.maxParallel, warnings, file: yield* fs.readFileString(`${directory}/first-run`) }
})

describe("warm-up", () => {
  it.scoped("that began under a clock in the year 2090 begins now, says so once, and ends in time", () =>
    Effect.gen(function* () {
      const during = yield* warmedUp("2090-01-01T00:00:00.000Z", true, 47)
      assert.deepInclude(during, { parallel: 1, file: "2026-11-26T00:00:00.000Z\n" })
      assert.deepStrictEqual(during.warnings.length, 1)
      assert.include(during.warnings[0], "2090-01-01T00:00:00.000Z, in the future")
      assert.strictEqual((yield* warmedUp("2090-01-01T00:00:00.000Z", true, 49)).parallel, 2)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is left as it is by a dry run, and by a run whose clock is a little behind", () =>
    Effect.gen(function* () {
      const dry = yield* warmedUp("2090-01-01T00:00:00.000Z", false)
      assert.deepInclude(dry, { parallel: 1, file: "2090-01-01T00:00:00.000Z\n" })
      const behind = yield* warmedUp("2026-11-26T00:05:00.000Z", true, 1)
      assert.deepInclude(behind, { warnings: [], file: "2026-11-26T00:05:00.000Z\n" })
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
