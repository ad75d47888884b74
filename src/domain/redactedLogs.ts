import { Cause, Effect, FiberRef, HashMap, HashSet, Inspectable, Logger } from "effect"
import { LogEvent } from "./eventLine.ts"
import { Redact, type Redactor } from "./Redaction.ts"

/** An event with the secrets removed from its values. */
export const redactedEvent = (event: LogEvent, redact: Redactor): LogEvent =>
  new LogEvent(
    event.mark,
    event.name,
    event.fields.map(([key, value]) => [key, typeof value === "string" ? redact(value) : value])
  )

/** A value that keeps its type unless it holds a secret; then its text. */
const redactedValue =
  (redact: Redactor) =>
  (value: unknown): unknown => {
    if (value instanceof LogEvent) return redactedEvent(value, redact)
    const text = Inspectable.toStringUnknown(value, 0)
    const redacted = redact(text)
    return redacted === text ? value : redacted
  }

const redactedCause = (cause: Cause.Cause<unknown>, redact: Redactor): Cause.Cause<unknown> => {
  const text = Cause.isEmpty(cause) ? "" : Cause.pretty(cause)
  const redacted = redact(text)
  return redacted === text ? cause : Cause.fail(redacted)
}

const redactedOptions =
  (redact: Redactor) =>
  (options: Logger.Logger.Options<unknown>): Logger.Logger.Options<unknown> => {
    const redacted = redactedValue(redact)
    return {
      ...options,
      message: Array.isArray(options.message) ? options.message.map(redacted) : redacted(options.message),
      cause: redactedCause(options.cause, redact),
      annotations: HashMap.map(options.annotations, redacted)
    }
  }

/** The redactor of each logger that was made here: the functions of the pipeline call each other. */
const redactors = new WeakMap<object, Redactor>()

const redacting =
  (redact: Redactor) =>
  (logger: Logger.Logger<unknown, unknown>): Logger.Logger<unknown, unknown> => {
    if (redactors.get(logger) === redact) return logger
    const made = Logger.mapInputOptions(logger, redactedOptions(redact))
    redactors.set(made, redact)
    return made
  }

/**
 * Removes the secrets that `Redact` knows from every log line of the effect, before a logger sees it: messages, causes and
 * annotations. The program around may have any loggers. `nightlyRun`, `dispatchIssue`, `settleNow`, `settleEarlier`,
 * `prune` and `watch` do so by themselves; use it where you call the services yourself.
 *
 * @example
 * withRedactedLogs(Effect.flatMap(BeadsCli, (beads) => beads.claim(id, actor)))
 */
export const withRedactedLogs = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Redact, (redact) =>
    Effect.locallyWith(effect, FiberRef.currentLoggers, HashSet.map(redacting(redact)))
  )
