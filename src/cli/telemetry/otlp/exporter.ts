import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import { OtlpSerialization, layerJson, layerProtobuf } from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import { ConfigProvider, Duration, Effect, Layer } from "effect"
import { notSent, refusal } from "../../../alerts/http/answers.ts"
import type { Redactor } from "../../../domain/Redaction.ts"
import { Exporting } from "./Exporting.ts"
import type { Collector, Collectors, Signal } from "./collectors.ts"

/** All that a process that has done its work waits for its collectors. They are told at the same time. */
const PATIENCE = Duration.seconds(1)
/** How often a process that lives long sends what it has. */
const INTERVAL = Duration.seconds(5)

export interface ExportOptions {
  readonly version: string
  /** What tells this process apart from others that send at the same time. */
  readonly instance: string
  /** Whether spans are wanted: not if the trace began elsewhere and is not recorded there. */
  readonly isTraced: boolean
  readonly redact: Redactor
  /** Called for each request that failed, with the reason. */
  readonly failed: (signal: Signal, why: string) => void
}

/** Strings that a collector needs as they are. Any other may hold a secret: a log line is also the name of an event in a span. */
const AS_IS = /^(?:traceId|spanId|parentSpanId|.*UnixNano)$/

const redacted = (value: unknown, redact: Redactor, key = ""): unknown => {
  if (typeof value === "string") return AS_IS.test(key) ? value : redact(value)
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redacted(part, redact, name)]))
}

/** What is sent, without secrets. */
const serialization = ({ protocol }: Collector, redact: Redactor) =>
  Layer.effect(
    OtlpSerialization,
    Effect.map(OtlpSerialization, ({ logs, metrics, traces }) => ({
      traces: (data) => traces(redacted(data, redact)),
      metrics: (data) => metrics(redacted(data, redact)),
      logs: (data) => logs(redacted(data, redact))
    }))
  ).pipe(Layer.provide(protocol === "http/json" ? layerJson : layerProtobuf))

/** Tells of each request that failed. An answer is not read: with some servers it never ends. */
const client = (signal: Signal, { limit }: Collector, failed: ExportOptions["failed"]) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (base) =>
      HttpClient.make((request) => {
        const tell = (why: string) => Effect.sync(() => failed(signal, why))
        const late = () =>
          new HttpClientError.RequestError({ request, reason: "Transport", cause: { code: "no answer in time" } })
        return HttpClient.withScope(base)
          .execute(request)
          .pipe(
            Effect.scoped,
            Effect.timeoutFail({ duration: limit, onTimeout: late }),
            Effect.tap(({ status }) => (status >= 200 && status < 300 ? Effect.void : tell(refusal(status).detail))),
            Effect.tapError((error) => tell(notSent(error).detail)),
            Effect.onInterrupt(() => tell("no answer in time")),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
          )
      })
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** Everything that one signal's part needs. */
const optionsOf = (
  { resource, service }: Collectors,
  { headers, url }: Collector,
  { instance, version }: ExportOptions
) => ({
  url,
  headers,
  resource: {
    serviceName: service,
    serviceVersion: version,
    attributes: { "service.instance.id": instance, ...resource }
  },
  exportInterval: INTERVAL,
  shutdownTimeout: PATIENCE
})

const LAYERS = {
  traces: OtlpTracer.layer,
  metrics: OtlpMetrics.layer,
  // Not added to the loggers here: a command leaves out lines by its level.
  logs: (options: ReturnType<typeof optionsOf>) =>
    Layer.scoped(
      Exporting,
      Effect.map(OtlpLogger.make(options), (logger) => ({ logger }))
    )
} satisfies Record<Signal, unknown>

/**
 * Sends traces, metrics and log lines to their collectors, until the scope closes. Never fails, and waits for the last of it no
 * longer than a second.
 *
 * @example
 * Effect.provide(program, exporterLayer(collectors, { version, instance: "host/run", isTraced: true, redact, failed }))
 */
export const exporterLayer = (collectors: Collectors, options: ExportOptions): Layer.Layer<never> => {
  const layerOf = (signal: Signal): Layer.Layer<never> => {
    const collector = collectors.to[signal]
    if (collector === undefined || (signal === "traces" && !options.isTraced)) return Layer.empty
    return LAYERS[signal](optionsOf(collectors, collector, options)).pipe(
      Layer.provide([serialization(collector, options.redact), client(signal, collector, options.failed)]),
      // The variables have been read, by rules that the exporter does not have.
      Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map())))
    )
  }
  return Layer.mergeAll(layerOf("traces"), layerOf("metrics"), layerOf("logs"))
}
