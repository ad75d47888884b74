import { Cause, DateTime, HashMap, Inspectable, Logger } from "effect"
import { LogEvent } from "../../domain/Event.ts"
import { redactShapes, type Redactor } from "../../domain/Redaction.ts"
import { redactedEvent } from "../../domain/redactedLogs.ts"
import { oneLine } from "../../domain/Text.ts"
import { paint } from "../display.ts"

/** How log lines look: for people, for grep, or for machines. */
export const LOG_FORMATS = ["pretty", "logfmt", "json"] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

const GREY = 90
const LEVEL_COLORS: Record<string, number> = { ERROR: 31, FATAL: 31, WARN: 33, INFO: 32 }

const words = (parts: ReadonlyArray<unknown>): string =>
  parts.map((part) => (part instanceof LogEvent ? part.toString() : Inspectable.toStringUnknown(part, 0))).join(" ")

const quoted = (value: string): string => (/[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value)

/** The parts of a log line, with secrets redacted. */
const redactedEntry = (
  { annotations, cause, date, logLevel, message }: Logger.Logger.Options<unknown>,
  redact: Redactor
) => {
  const parts: ReadonlyArray<unknown> = (Array.isArray(message) ? message : [message]).map((part: unknown) =>
    part instanceof LogEvent ? redactedEvent(part, redact) : part
  )
  const event = parts.find((part) => part instanceof LogEvent)
  return {
    time: DateTime.formatIso(DateTime.unsafeFromDate(date)),
    level: logLevel.label,
    event,
    message: event === undefined ? redact(words(parts)) : words(parts),
    cause: Cause.isEmpty(cause) ? "" : oneLine(redact(Cause.pretty(cause)), 1000),
    annotations: HashMap.toEntries(annotations).map(([key, value]) => [key, oneLine(redact(String(value)))] as const)
  }
}

type Entry = ReturnType<typeof redactedEntry>

const jsonLine = ({ annotations, cause, event, level, message, time }: Entry): string =>
  JSON.stringify({
    timestamp: time,
    level,
    ...(event === undefined ? {} : { event: event.name, ...Object.fromEntries(event.fields) }),
    message,
    ...(cause === "" ? {} : { cause }),
    ...Object.fromEntries(annotations)
  })

const textLine = (format: "pretty" | "logfmt", color: boolean, entry: Entry): string => {
  const { annotations, cause, level, message, time } = entry
  const text = oneLine(message, 2000)
  const tail = [...annotations, ...(cause === "" ? [] : [["cause", cause] as const])]
    .map(([key, value]) => ` ${key}=${quoted(value)}`)
    .join("")
  return format === "logfmt"
    ? `timestamp=${time} level=${level} message=${JSON.stringify(text)}${tail}`
    : `${paint(color, GREY, time.slice(11, 19))} ${paint(color, LEVEL_COLORS[level] ?? GREY, level.padEnd(5))} ${text}${tail}`
}

/**
 * A logger that passes each finished line to `write`. In the text formats, events that monitoring greps for begin without
 * time and level. Each value is redacted before it is cut or quoted, so that the line keeps its structure.
 */
export const makeLogger = (
  format: LogFormat,
  color: boolean,
  write: (line: string) => void,
  redact: Redactor = redactShapes
): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    const entry = redactedEntry(options, redact)
    if (format === "json") return write(jsonLine(entry))
    write(entry.event === undefined ? textLine(format, color, entry) : entry.event.toString())
  })
