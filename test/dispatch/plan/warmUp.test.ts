import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { beginWarmUp, maxParallelNow } from "../../../src/dispatch/plan/warmUp.ts"
import { CurrentSettings } from "../../../src/domain/Settings.ts"
import * as FirstRunFile from "../../../src/journal/FirstRunFile.ts"
import { settings, withLog } from "../support.ts"

const NOW = Date.UTC(2026, 10, 26)
const HOUR = 3_600_000

/** A state directory, perhaps with a first run, and how each run in it begins: how much it may do at once, and what it says. */
const stateDirectory = Effect.fnUntraced(function* (firstRun?: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const file = `${directory}/first-run`
  if (firstRun !== undefined) yield* fs.writeFileString(file, `${firstRun}\n`)
  yield* TestClock.setTime(NOW)
  const begin = (given: { readonly limits?: Record<string, unknown>; readonly isDry?: boolean } = {}) =>
    withLog(Effect.zipRight(beginWarmUp(given.isDry ?? false), maxParallelNow)).pipe(
      Effect.provideService(CurrentSettings, settings({ limits: given.limits ?? {} })),
      Effect.provide(FirstRunFile.layer({ directory })),
      Effect.map(({ lines, result }) => ({ parallel: result, lines }))
    )
  return { begin, written: Effect.orElseSucceed(fs.readFileString(file), () => undefined) }
})

const during = (until: string) => [
  `INFO warm-up: one dispatch at a time until ${until} (limits.warmUp; set limits.maxParallel to decide yourself)`
]

describe("warm-up", () => {
  it.scoped("is one dispatch at a time from the first run on, says so in each run, and ends after limits.warmUp", () =>
    Effect.gen(function* () {
      const { begin, written } = yield* stateDirectory()
      const lines = during("2026-11-28T00:00:00.000Z")
      assert.deepStrictEqual(yield* begin(), { parallel: 1, lines })
      assert.strictEqual(yield* written, "2026-11-26T00:00:00.000Z\n")
      yield* TestClock.adjust(48 * HOUR - 1)
      assert.deepStrictEqual(yield* begin(), { parallel: 1, lines })
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* begin(), { parallel: 2, lines: [] })
      assert.strictEqual(yield* written, "2026-11-26T00:00:00.000Z\n")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped(
    "is none where limits.maxParallel is set, also to its usual number, but the first run is written down",
    () =>
      Effect.gen(function* () {
        for (const maxParallel of [1, 2, 5]) {
          const { begin, written } = yield* stateDirectory()
          assert.deepStrictEqual(yield* begin({ limits: { maxParallel } }), { parallel: maxParallel, lines: [] })
          assert.strictEqual(yield* written, "2026-11-26T00:00:00.000Z\n")
        }
        const { begin } = yield* stateDirectory()
        assert.deepStrictEqual(yield* begin({ limits: { warmUp: "0 s" } }), { parallel: 2, lines: [] })
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("that began under a clock in the year 2090 begins now, says so once, and ends in time", () =>
    Effect.gen(function* () {
      const { begin, written } = yield* stateDirectory("2090-01-01T00:00:00.000Z")
      const lines = during("2026-11-28T00:00:00.000Z")
      const warning =
        "WARN the first run is dated 2090-01-01T00:00:00.000Z, in the future: a clock was wrong. Warm-up begins now"
      assert.deepStrictEqual(yield* begin(), { parallel: 1, lines: [warning, ...lines] })
      assert.strictEqual(yield* written, "2026-11-26T00:00:00.000Z\n")
      yield* TestClock.adjust(47 * HOUR)
      assert.deepStrictEqual(yield* begin(), { parallel: 1, lines })
      yield* TestClock.adjust(2 * HOUR)
      assert.deepStrictEqual(yield* begin(), { parallel: 2, lines: [] })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is left as it is by a dry run, and by a run whose clock is a little behind", () =>
    Effect.gen(function* () {
      for (const firstRun of [undefined, "2090-01-01T00:00:00.000Z"]) {
        const { begin, written } = yield* stateDirectory(firstRun)
        const { lines, parallel } = yield* begin({ isDry: true })
        assert.deepStrictEqual([parallel, lines.slice(-1)], [1, during("2026-11-28T00:00:00.000Z")])
        assert.strictEqual(yield* written, firstRun === undefined ? undefined : `${firstRun}\n`)
      }
      const { begin, written } = yield* stateDirectory("2026-11-26T00:05:00.000Z")
      assert.deepStrictEqual(yield* begin(), { parallel: 1, lines: during("2026-11-28T00:05:00.000Z") })
      assert.strictEqual(yield* written, "2026-11-26T00:05:00.000Z\n")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("begins now if what is written is no time; a file that cannot be read is a failure", () =>
    Effect.gen(function* () {
      const { begin, written } = yield* stateDirectory("yesterday")
      assert.strictEqual((yield* begin()).parallel, 1)
      assert.strictEqual(yield* written, "2026-11-26T00:00:00.000Z\n")
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(`${directory}/first-run`)
      const failed = yield* Effect.flip(Effect.provide(beginWarmUp(false), FirstRunFile.layer({ directory })))
      assert.match(failed.message, /first-run.* is not a regular file/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("is none for services without a state directory", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* withLog(Effect.zipRight(beginWarmUp(false), maxParallelNow)), {
        result: 2,
        lines: []
      })
    })
  )
})
