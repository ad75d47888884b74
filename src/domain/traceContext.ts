import { Effect, Option, Tracer } from "effect"

/** The variable that hands a trace to the next process, as the OpenTelemetry specification has it. */
export const TRACEPARENT = "TRACEPARENT"

// Of the W3C's Trace Context: version, trace, parent, flags. Later versions may have more fields.
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * The span that this text names; `undefined` if it is no valid `traceparent`, and the trace begins anew.
 *
 * @example
 * parentSpanOf("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?.spanId // "00f067aa0ba902b7"
 */
export const parentSpanOf = (text: string | undefined): Tracer.ExternalSpan | undefined => {
  const [, version, traceId, spanId, flags, more] = FORM.exec(text?.trim() ?? "") ?? []
  if (traceId === undefined || spanId === undefined || (version === "00" && more !== undefined)) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: Number.parseInt(flags ?? "", 16) % 2 === 1 })
}

/** Whether a span is recorded: only if all above it are. Effect's tracers say of each span that it is. */
const isRecorded = (span: Tracer.AnySpan): boolean =>
  span.sampled &&
  (span._tag === "ExternalSpan" || Option.match(span.parent, { onNone: () => true, onSome: isRecorded }))

/** The `traceparent` of a span. */
export const traceparentOf = (span: Tracer.AnySpan): string =>
  `00-${span.traceId}-${span.spanId}-${isRecorded(span) ? "01" : "00"}`

/** The variables by which a process that is started now continues the trace. None if its ids are not those of a `traceparent`. */
export const traceVariables: Effect.Effect<Readonly<Record<string, string>>> = Effect.map(
  Effect.option(Effect.currentParentSpan),
  (span) => {
    const text = Option.getOrUndefined(Option.map(span, traceparentOf))
    return text === undefined || parentSpanOf(text) === undefined ? {} : { [TRACEPARENT]: text }
  }
)

/** What a span may say of the work that it is part of. */
export interface SpanAttributes {
  readonly run?: string
  readonly beads?: string
  readonly provider?: string
  /** The attempt's actor. */
  readonly attempt?: string
}

/**
 * Gives the current span and every span below it these attributes.
 *
 * @example
 * Effect.fn("settle")(function* (attempt: Attempt) { … }, (effect, { beads }) => withAttributes(effect, { beads }))
 */
export const withAttributes = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  attributes: SpanAttributes
): Effect.Effect<A, E, R> =>
  Effect.zipRight(Effect.annotateCurrentSpan({ ...attributes }), Effect.annotateSpans(effect, { ...attributes }))
