import type * as Command from "@effect/cli/Command"
import { Effect, FiberRef, Layer, Logger, LogLevel, Option } from "effect"
import { Redact } from "../domain/Redaction.ts"
import { ThisProcess } from "../surroundings.ts"
import { root } from "./root.ts"
import { Exporting } from "./telemetry/otlp/Exporting.ts"
import { makeLiveLines } from "./terminal/liveLines.ts"
import { makeLogger, makeSentLogger } from "../log/logger.ts"
import { formatIn, levelIn } from "../log/logs.ts"
import { Streams } from "./terminal/Streams.ts"

/**
 * Logs to stderr. The format is that of `--log-format`, else of NIGHTLY_DISPATCH_LOG_FORMAT, else `pretty` on a terminal and
 * `logfmt` elsewhere. `--log-level` leaves out no event line. With `live`, a terminal shows one line per bug below the log.
 */
export const layer = (options: {
  readonly live: boolean
}): Layer.Layer<never, never, Command.Command.Context<"nightly-dispatch"> | Streams | ThisProcess> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const [{ logFormat }, { environment }] = yield* Effect.all([root, ThisProcess])
      const [streams, redact] = yield* Effect.all([Streams, Redact])
      const format = Option.getOrElse(logFormat, () => formatIn(environment) ?? (streams.live ? "pretty" : "logfmt"))
      const { logger: exported } = yield* Exporting
      const minimum = yield* FiberRef.get(FiberRef.currentMinimumLogLevel)
      const look = { format, color: streams.errColor, isTerminal: streams.live, minimum }
      // The logger leaves out what is below the minimum. Effect would leave out events too.
      const logger = (write: (line: string) => void) =>
        Layer.mergeAll(
          Logger.add(makeLogger(look, write, redact)),
          // Effect's own logger keeps each line as an event of the span. Without a collector these are only in memory.
          exported === undefined ? Logger.remove(Logger.tracerLogger) : Logger.add(makeSentLogger(minimum, exported)),
          Logger.minimumLogLevel(LogLevel.All)
        )
      if (!options.live || !streams.live) return logger((line) => streams.err(`${line}\n`))
      const lines = yield* makeLiveLines(streams.err, streams.columns)
      const { eventSink } = yield* Effect.promise(() => import("../domain/Events.ts"))
      return Layer.merge(
        logger(lines.print),
        eventSink(({ event }) =>
          event._tag === "StepBegun" ? lines.step(event.beads, event.step, event.detail) : Effect.void
        )
      )
    })
  )

/**
 * No logger, until a command provides `layer`: Effect's own logger would mix log lines into the results on stdout. The level
 * is that of NIGHTLY_DISPATCH_LOG_LEVEL, unless `--log-level` sets another.
 */
export const silence: Layer.Layer<never, never, ThisProcess> = Layer.unwrapEffect(
  Effect.map(ThisProcess, ({ environment }) =>
    Layer.mergeAll(
      Logger.remove(Logger.defaultLogger),
      Logger.minimumLogLevel(levelIn(environment)),
      Layer.setUnhandledErrorLogLevel(Option.none())
    )
  )
)
