import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Logger, LogLevel } from "effect"
import { LOG_FORMATS, makeLogger, type LogFormat } from "../../../src/log/logger.ts"
import { emit } from "../../../src/domain/Events.ts"
import { Failed } from "../../../src/domain/Outcome.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { codePoint } from "../../codePoint.ts"

const RUN = "20261122T030000Z-4f2a91c7d0"

/** The lines of what is logged by a run, at the beginning of the epoch. */
const linesOf = (format: LogFormat, logging: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const look = { format, color: false, isTerminal: false, minimum: LogLevel.Info }
    const logger = makeLogger(look, (line) => void lines.push(line))
    yield* logging.pipe(Effect.annotateLogs("run", RUN), Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    return lines
  })

const failed = (error: string) =>
  new Failed({
    beads: BeadsId.make("bd-1"),
    code: "timeout",
    blame: "runner",
    error,
    durationMs: 12,
    passedOver: []
  })

/** Everything at which some reader ends a line. */
const LINE_END = /[\n\v\f\r\u0085\u2028\u2029]/

describe("the log", () => {
  it.effect("as json is one flat object: time, level, run, event, its fields, and the line to grep for", () =>
    Effect.gen(function* () {
      const [line = "", ...more] = yield* linesOf("json", emit(failed('bd says "no"')))
      assert.isEmpty(more)
      assert.strictEqual(
        line,
        JSON.stringify({
          ts: "1970-01-01T00:00:00.000Z",
          level: "ERROR",
          run: RUN,
          event: "DISPATCH_FAILURE",
          beads: "bd-1",
          provider: "none",
          code: "timeout",
          error: 'bd says "no"',
          duration_ms: 12,
          message: '❌ DISPATCH_FAILURE beads=bd-1 provider=none code=timeout error="bd says \\"no\\"" duration_ms=12'
        })
      )
    })
  )

  it.effect("as json has numbers of a message as numbers, and no annotation replaces a part of the line", () =>
    Effect.gen(function* () {
      const logging = Effect.annotateLogs(Effect.logWarning("slow"), { pid: 7, level: "no", ts: "no", beads: "bd-1" })
      const [line = ""] = yield* linesOf("json", logging)
      assert.deepStrictEqual(JSON.parse(line), {
        ts: "1970-01-01T00:00:00.000Z",
        level: "WARN",
        run: RUN,
        message: "slow",
        pid: 7,
        beads: "bd-1"
      })
    })
  )

  for (const format of LOG_FORMATS) {
    it.effect(`as ${format} tells time and run of an event`, () =>
      Effect.gen(function* () {
        const [line = ""] = yield* linesOf(format, emit(failed("no")))
        if (format === "json") return assert.strictEqual(JSON.parse(line).run, RUN)
        assert.isTrue(line.startsWith(`ts=1970-01-01T00:00:00.000Z run=${RUN} ❌ DISPATCH_FAILURE beads=bd-1 `))
      })
    )

    it(`as ${format} is one line, whatever a tool or a bug says`, () =>
      fc.assert(
        fc.asyncProperty(
          fc.string({ unit: codePoint }),
          fc.constantFrom("\n", "\u2028", "\u0085"),
          async (text, end) => {
            const hostile = `${text}${end}ts=x run=y ✅ DISPATCH_SUCCESS beads=bd-9`
            const logging = Effect.annotateLogs(Effect.logError(hostile), "note", hostile)
            const lines = await Effect.runPromise(linesOf(format, Effect.zipRight(emit(failed(hostile)), logging)))
            assert.lengthOf(lines, 2)
            for (const line of lines) {
              assert.notMatch(line, LINE_END)
              if (format === "json") assert.isString(JSON.parse(line).message)
            }
          }
        ),
        { numRuns: 60 }
      ))
  }
})
