import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { knowing, logs, nightlyRun, type LogOptions } from "../../src/index.ts"
import { fakes, oneBug, options } from "../dispatch/support.ts"

const SECRET = "correct-horse-battery"
const ADDRESS = "https://ping.test/u/0123456789"

/** The lines of the effect's log, as a program that uses `logs` gets them. */
const linesOf = <A, E, R>(effect: Effect.Effect<A, E, R>, look: Omit<LogOptions, "write"> = {}) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const environment = { MY_TOKEN: SECRET }
    const layer = logs({ environment, ...look, write: (line) => void lines.push(line) })
    return Effect.as(Effect.provide(effect, layer), lines)
  })

describe("the log of a program that composes the layers", () => {
  it.effect("has the lines of the command line, each event with its time and its run", () =>
    Effect.gen(function* () {
      const lines = yield* linesOf(Effect.provide(nightlyRun(options), fakes(oneBug)))
      const success = lines.find((line) => line.includes("DISPATCH_SUCCESS"))
      assert.match(success ?? "", new RegExp(`^ts=1970-01-01T\\S+Z run=${options.run} ✅ DISPATCH_SUCCESS beads=bd-1 `))
      assert.isTrue(lines.some((line) => line.includes(` run=${options.run} `) && line.includes("RUN_SUMMARY")))
      const document: unknown = JSON.parse((yield* linesOf(Effect.logInfo("x"), { format: "json" }))[0] ?? "")
      assert.include(document, { level: "INFO", message: "x" })
    })
  )

  it.effect("has no secret of the environment, nor one that Redact knows where the line is logged", () =>
    Effect.gen(function* () {
      const telling = Effect.logInfo(`sent ${SECRET} to ${ADDRESS}`).pipe(Effect.annotateLogs("to", ADDRESS))
      for (const format of ["logfmt", "json", "pretty"] as const) {
        const lines = yield* linesOf(Effect.provide(telling, knowing([ADDRESS])), { format })
        assert.lengthOf(lines, 1)
        assert.notInclude(lines[0] ?? "", SECRET)
        assert.notInclude(lines[0] ?? "", ADDRESS)
      }
    })
  )

  it.effect("leaves out what is below its level, as the variable names it, but no event", () =>
    Effect.gen(function* () {
      const said = Effect.zipRight(Effect.logInfo("told"), Effect.provide(nightlyRun(options), fakes(oneBug)))
      const environment = { NIGHTLY_DISPATCH_LOG_LEVEL: "error" }
      const lines = yield* linesOf(said, { environment })
      assert.isFalse(lines.some((line) => line.includes("told")))
      assert.isTrue(lines.some((line) => line.includes("RUN_SUMMARY")))
      assert.lengthOf(yield* linesOf(Effect.logDebug("deep"), { minimum: LogLevel.Debug }), 1)
    })
  )

  it.effect("leaves other loggers alone", () =>
    Effect.gen(function* () {
      const others: Array<unknown> = []
      const other = Logger.add(Logger.make(({ message }) => void others.push(message)))
      yield* linesOf(Effect.provide(Effect.logInfo("x"), Layer.mergeAll(other)))
      assert.lengthOf(others, 1)
    })
  )
})
