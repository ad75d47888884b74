import { Cause, DateTime, Effect, HashMap, Inspectable, Layer, Logger, LogLevel } from "effect"
import { LogEvent } from "../../domain/Event.ts"
import { Redact, redactShapes, type Redactor } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"

/** How log lines look: for people, for grep, or for machines. */
export type LogFormat = "pretty" | "logfmt" | "json"

const LEVEL_COLORS: Record<string, string> = {
  ERROR: "31",
  FATAL: "31",
  WARN: "33",
  INFO: "32",
  DEBUG: "90",
  TRACE: "90"
}

const paint = (color: boolean, code: string | undefined, text: string): string =>
  color && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text

const words = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (part instanceof LogEvent ? part.toString() : Inspectable.toStringUnknown(part, 0)))
    .join(" ")

const quoted = (value: string): string => (/[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value)

/** The same event with the secrets taken out of what it says. */
const redactedEvent = (event: LogEvent, redact: Redactor): LogEvent =>
  new LogEvent(
    event.mark,
    event.name,
    event.fields.map(([key, value]) => [key, typeof value === "string" ? redact(value) : value])
  )

/**
 * A logger that hands finished lines to `write`. An event that monitoring greps for is printed as it is, without time or
 * level in front, in both text formats. Secrets are taken out of each value by itself, before it is cut or quoted, so that
 * the line keeps its structure.
 */
export const makeLogger = (
  format: LogFormat,
  color: boolean,
  write: (line: string) => void,
  redact: Redactor = redactShapes
): Logger.Logger<unknown, void> =>
  Logger.make(({ annotations, cause, date, logLevel, message: said }) => {
    const parts: ReadonlyArray<unknown> = (Array.isArray(said) ? said : [said]).map((part: unknown) =>
      part instanceof LogEvent ? redactedEvent(part, redact) : part
    )
    const event = parts.find((part) => part instanceof LogEvent)
    const message = event === undefined ? redact(words(parts)) : words(parts)
    const time = DateTime.formatIso(DateTime.unsafeFromDate(date))
    const trouble = Cause.isEmpty(cause) ? "" : oneLine(redact(Cause.pretty(cause)), 1000)
    const notes = HashMap.toEntries(annotations).map(([key, value]) => [key, oneLine(redact(String(value)))] as const)
    if (format === "json") {
      return write(
        JSON.stringify({
          timestamp: time,
          level: logLevel.label,
          ...(event === undefined ? {} : { event: event.name, ...Object.fromEntries(event.fields) }),
          message,
          ...(trouble === "" ? {} : { cause: trouble }),
          ...Object.fromEntries(notes)
        })
      )
    }
    if (event !== undefined) return write(event.toString())
    const text = oneLine(message, 2000)
    const tail =
      notes.map(([key, value]) => ` ${key}=${quoted(value)}`).join("") +
      (trouble === "" ? "" : ` cause=${quoted(trouble)}`)
    return write(
      format === "logfmt"
        ? `timestamp=${time} level=${logLevel.label} message=${JSON.stringify(text)}${tail}`
        : `${paint(color, "90", time.slice(11, 19))} ${paint(color, LEVEL_COLORS[logLevel.label], logLevel.label.padEnd(5))} ${text}${tail}`
    )
  })

/** This logger. Effect's own, which writes to stdout, is taken out by `main`, which also sets the level. */
export const loggingLayer = (format: LogFormat, color: boolean, write: (line: string) => void): Layer.Layer<never> =>
  Layer.unwrapEffect(Effect.map(Redact, (redact) => Logger.add(makeLogger(format, color, write, redact))))

/** The level of this name, in any case; INFO for a name that is none. */
export const logLevelOf = (name: string | undefined): LogLevel.LogLevel =>
  LogLevel.allLevels.find(({ _tag }) => _tag.toLowerCase() === name?.toLowerCase()) ?? LogLevel.Info
