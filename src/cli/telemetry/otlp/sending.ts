import { Effect, Layer } from "effect"
import { Redact } from "../../../domain/Redaction.ts"
import { oneLine } from "../../../domain/Text.ts"
import { parentSpanOf, TRACEPARENT } from "../../../domain/traceContext.ts"
import { ThisProcess } from "../../../surroundings.ts"
import { besideProgram, PartMissing } from "../../besideProgram.ts"
import { Streams } from "../../terminal/Streams.ts"
import { collectorsOf, type Collectors, type Signal } from "./collectors.ts"
import type { exporterLayer, ExportOptions } from "./exporter.ts"

const isLayer = (value: unknown): value is ReturnType<typeof exporterLayer> => Layer.isLayer(value)

/** The layer that sends telemetry. Its libraries are in a file of their own, which nothing reads unless a collector is named. */
const loadExporter = Effect.fn("telemetry.load")(function* (collectors: Collectors, options: ExportOptions) {
  const { call, file } = yield* besideProgram("otlp.cjs", "exporterLayer")
  const detail = "its exporter is no layer"
  return yield* Effect.filterOrFail(call(collectors, options), isLayer, () => new PartMissing({ file, detail }))
})

/** Says once per process which telemetry is lost, and why. */
const lossOf = (losses: ReadonlyMap<Signal, string>): string | undefined => {
  if (losses.size === 0) return undefined
  const signals = [...losses.keys()].join(", ")
  const why = [...new Set(losses.values())].join("; ")
  return `not all telemetry reached its collector (${signals}): ${oneLine(why, 300)}. Nothing else depends on it`
}

/**
 * Sends traces, metrics and log lines of a program to the collectors that the variables of OpenTelemetry name, if they do. What goes
 * wrong with that is one line on stderr and costs at most a second; the program's result stays as it is.
 *
 * @example
 * withTelemetry(runCommandLine(argv), { version: "1.0.0", command: "run" })
 */
export const withTelemetry = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  { command, version }: { readonly command: string; readonly version: string }
) =>
  Effect.gen(function* () {
    const [{ environment, host }, streams, redact] = yield* Effect.all([ThisProcess, Streams, Redact])
    const warn = (what: string) => Effect.sync(() => streams.err(`nightly-dispatch: ${what}\n`))
    const { collectors, problems } = collectorsOf(environment)
    yield* Effect.forEach(problems, (problem) => warn(`no telemetry is sent: ${problem}`))
    if (collectors === undefined) return yield* program
    const losses = new Map<Signal, string>()
    const exporter = yield* loadExporter(collectors, {
      version,
      instance: `${host}/${command}`,
      isTraced: parentSpanOf(environment[TRACEPARENT])?.sampled ?? true,
      redact,
      failed: (signal, why) => void losses.set(signal, why)
    }).pipe(Effect.catchAll(({ message }) => Effect.as(warn(`no telemetry is sent: ${message}`), Layer.empty)))
    const warnOfLosses = Effect.suspend(() => {
      const loss = lossOf(losses)
      return loss === undefined ? Effect.void : warn(loss)
    })
    return yield* Effect.ensuring(Effect.provide(program, exporter), warnOfLosses)
  })
