import { Context, Effect, FiberRef, FiberRefs, Layer, Logger, LogLevel } from "effect"
import { secretsIn } from "../domain/environmentSecrets.ts"
import { Redact, redactor, type Redactor } from "../domain/Redaction.ts"
import { surroundingsHere, variable, type Environment } from "../surroundings.ts"
import { LOG_FORMATS, makeLogger, type LogFormat } from "./logger.ts"

/** The value of a variable, in lower case. Loading the settings complains of one that is no choice. */
const wordOf = (environment: Environment, name: string) => variable(environment, name)?.trim().toLowerCase()

/** The format that NIGHTLY_DISPATCH_LOG_FORMAT names; `undefined` if it names none. */
export const formatIn = (environment: Environment): LogFormat | undefined =>
  LOG_FORMATS.find((format) => format === wordOf(environment, "NIGHTLY_DISPATCH_LOG_FORMAT"))

/** The level that NIGHTLY_DISPATCH_LOG_LEVEL names; INFO if it names none. */
export const levelIn = (environment: Environment): LogLevel.LogLevel => {
  const name = wordOf(environment, "NIGHTLY_DISPATCH_LOG_LEVEL")
  return LogLevel.allLevels.find(({ _tag }) => _tag.toLowerCase() === name) ?? LogLevel.Info
}

/** How a program's log looks. */
export interface LogOptions {
  /** Default: that of NIGHTLY_DISPATCH_LOG_FORMAT, else `logfmt`. */
  readonly format?: LogFormat
  /** Lines below are left out, but no event. Default: that of NIGHTLY_DISPATCH_LOG_LEVEL, else INFO. */
  readonly minimum?: LogLevel.LogLevel
  /** Gets each line, without its end. Default: stderr. */
  readonly write?: (line: string) => void
  /** Default: the variables of this process. Their secrets are in no line. */
  readonly environment?: Environment
}

/** The redactor of the fiber that logs: it knows the alert addresses where `layer` is provided. */
const redactIn = (context: FiberRefs.FiberRefs): Redactor =>
  Context.get(FiberRefs.getOrDefault(context, FiberRef.currentContext), Redact)

/**
 * The log of the command line for a program of your own: the same lines, each without the secrets of the environment and of the
 * settings. Replaces Effect's own logger; other loggers get lines of every level from then on.
 *
 * @example
 * nightlyRun().pipe(Effect.provide(layer(settings, surroundings)), Effect.provide(logs({ format: "json" })))
 */
export const logs = (options: LogOptions = {}): Layer.Layer<never> =>
  Layer.unwrapEffect(
    Effect.map(surroundingsHere, (here) => {
      const environment = options.environment ?? here.environment
      const known = redactor(secretsIn(environment))
      const write = options.write ?? ((line: string) => void process.stderr.write(`${line}\n`))
      const look = {
        format: options.format ?? formatIn(environment) ?? "logfmt",
        color: false,
        isTerminal: false,
        minimum: options.minimum ?? levelIn(environment)
      }
      const logger = Logger.make<unknown, void>((entry) => {
        const redact = redactIn(entry.context)
        makeLogger(look, write, (text) => known(redact(text))).log(entry)
      })
      return Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All))
    })
  )
