import { Array as Arr, Cause, DateTime, HashMap, Inspectable, Logger, LogLevel } from "effect"
import { LogEvent } from "../domain/eventLine.ts"
import { redactShapes, type Redactor } from "../domain/Redaction.ts"
import { redactedEvent } from "../domain/redactedLogs.ts"
import { oneLine } from "../domain/Text.ts"
import { paint } from "../report/text/display.ts"

/** How log lines look: for people, for grep, or for machines. */
export const LOG_FORMATS = ["pretty", "logfmt", "json"] as const
/** The names of the levels, from the one that shows everything to the one that shows nothing. */
export const LOG_LEVELS: ReadonlyArray<string> = LogLevel.allLevels.map(({ _tag }) => _tag.toLowerCase())
/** `pretty` for people, `logfmt` for grep, `json` for machines. */
export type LogFormat = (typeof LOG_FORMATS)[number]

/** The annotation that names the run. */
const RUN = "run"

const GREY = 90
const LEVEL_COLORS: Record<string, number> = { ERROR: 31, FATAL: 31, WARN: 33, INFO: 32 }

const words = (parts: ReadonlyArray<unknown>): string =>
  parts.map((part) => (part instanceof LogEvent ? part.toString() : Inspectable.toStringUnknown(part, 0))).join(" ")

const quoted = (value: string): string => (/[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value)

/** A number stays one, so that JSON has it as such. */
const noteOf = (value: unknown, redact: Redactor): string | number | boolean =>
  typeof value === "number" || typeof value === "boolean"
    ? value
    : oneLine(redact(Inspectable.toStringUnknown(value, 0)))

/** The parts of a log line, with secrets redacted. */
const redactedEntry = (
  { annotations, cause, date, logLevel, message }: Logger.Logger.Options<unknown>,
  redact: Redactor
) => {
  const parts = Arr.ensure(message).map((part) => (part instanceof LogEvent ? redactedEvent(part, redact) : part))
  const event = parts.find((part) => part instanceof LogEvent)
  return {
    time: DateTime.formatIso(DateTime.unsafeFromDate(date)),
    level: logLevel.label,
    event,
    message: event === undefined ? redact(words(parts)) : words(parts),
    cause: Cause.isEmpty(cause) ? "" : oneLine(redact(Cause.pretty(cause)), 1000),
    annotations: HashMap.toEntries(annotations).map(([key, value]) => [key, noteOf(value, redact)] as const)
  }
}

type Entry = ReturnType<typeof redactedEntry>

/** Line ends that JSON leaves as they are: some readers would break the line there. A terminal obeys some of them, too. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** One flat object. The line of an event is its message, so that the same words can be grepped for in every format. */
const jsonLine = ({ annotations, cause, event, level, message, time }: Entry): string => {
  const { [RUN]: run, ...notes } = Object.fromEntries(annotations)
  const line = {
    ts: time,
    level,
    run,
    ...(event === undefined ? {} : { event: event.name, ...Object.fromEntries(event.fields) }),
    message,
    ...(cause === "" ? {} : { cause })
  }
  // No annotation replaces a part of the line.
  return JSON.stringify({ ...line, ...notes, ...line }).replace(UNESCAPED, escaped)
}

const textLine = (format: "pretty" | "logfmt", color: boolean, entry: Entry): string => {
  const { annotations, cause, level, message, time } = entry
  const text = oneLine(message, 2000)
  // People see one run at a time.
  const shown = annotations.filter(([key]) => format === "logfmt" || key !== RUN)
  const tail = [...shown, ...(cause === "" ? [] : [["cause", cause] as const])]
    .map(([key, value]) => ` ${key}=${quoted(String(value))}`)
    .join("")
  return format === "logfmt"
    ? `ts=${time} level=${level} message=${JSON.stringify(text)}${tail}`
    : `${paint(color, GREY, time.slice(11, 19))} ${paint(color, LEVEL_COLORS[level] ?? GREY, level.padEnd(5))} ${text}${tail}`
}

/** An event is dated and named by its run, so that the line alone tells when it was. On a terminal the time of day is enough. */
const eventLine = ({ annotations, event, time }: Entry, isShort: boolean, color: boolean): string => {
  if (isShort) return `${paint(color, GREY, time.slice(11, 19))} ${event}`
  const run = annotations.filter(([key]) => key === RUN).map(([key, value]) => `${key}=${quoted(String(value))}`)
  return [`ts=${time}`, ...run, event].join(" ")
}

/** Whether a line is shown: an event always, because monitoring waits for it. */
const isShown = ({ logLevel, message }: Logger.Logger.Options<unknown>, minimum: LogLevel.LogLevel): boolean =>
  !LogLevel.lessThan(logLevel, minimum) || Arr.ensure(message).some((part) => part instanceof LogEvent)

/** How a logger looks, and what it leaves out. */
export interface LoggerOptions {
  readonly format: LogFormat
  readonly color: boolean
  /** Whether a person reads the lines as they come. */
  readonly isTerminal: boolean
  /** Lines below are left out, but never an event. */
  readonly minimum: LogLevel.LogLevel
}

/**
 * A logger that passes each finished line to `write`. In the text formats, events that monitoring greps for begin with `ts=` and
 * `run=`, and have no level. Each value is redacted before it is cut or quoted, so that the line keeps its structure.
 */
export const makeLogger = (
  { color, format, isTerminal, minimum }: LoggerOptions,
  write: (line: string) => void,
  redact: Redactor = redactShapes
): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    if (!isShown(options, minimum)) return
    const entry = redactedEntry(options, redact)
    if (format === "json") return write(jsonLine(entry))
    const isShort = format === "pretty" && isTerminal
    write(entry.event === undefined ? textLine(format, color, entry) : eventLine(entry, isShort, color))
  })

/**
 * A logger that passes the same lines on to another, which sends them to a collector: an event's line as the message, with its name
 * and its fields as annotations.
 */
export const makeSentLogger = (
  minimum: LogLevel.LogLevel,
  logger: Logger.Logger<unknown, void>
): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    if (!isShown(options, minimum)) return
    const parts = Arr.ensure(options.message)
    const event = parts.find((part) => part instanceof LogEvent)
    const fields = event === undefined ? [] : [["event", event.name] as const, ...event.fields]
    const annotations = HashMap.union(HashMap.fromIterable<string, unknown>(fields), options.annotations)
    logger.log({ ...options, message: words(parts), annotations })
  })
