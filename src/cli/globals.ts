import * as Options from "@effect/cli/Options"
import { Option } from "effect"
import type { LogFormat } from "./terminal/logging.ts"

/** What every command takes. */
export const globals = {
  config: Options.text("config").pipe(
    Options.optional,
    Options.withDescription("Settings file; else nightly-dispatch.yaml here or in $XDG_CONFIG_HOME/nightly-dispatch/")
  ),
  logFormat: Options.choice("log-format", ["pretty", "logfmt", "json"]).pipe(
    Options.optional,
    Options.withDescription(
      "Of the log on stderr; else NIGHTLY_DISPATCH_LOG_FORMAT; else pretty on a terminal, logfmt elsewhere"
    )
  )
}

const FLAGS = ["--config", "--log-format", "--log-level"]

/**
 * Moves the global options in front of the command, where the parser wants them, so that people may write them anywhere.
 * What comes after `--` stays.
 *
 * @example
 * hoistGlobals(["run", "--log-level", "debug"]) // ["--log-level", "debug", "run"]
 */
export const hoistGlobals = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const front: Array<string> = []
  // The parser knows this one itself, and only as the very first.
  const level: Array<string> = []
  const rest: Array<string> = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ""
    const value = args[index + 1]
    const to = arg.startsWith("--log-level") ? level : front
    if (arg === "--") return [...level, ...front, ...rest, ...args.slice(index)]
    if (FLAGS.some((flag) => arg.startsWith(`${flag}=`))) to.push(arg)
    else if (FLAGS.includes(arg) && value !== undefined) {
      to.push(arg, value)
      index++
    } else rest.push(arg)
  }
  return [...level, ...front, ...rest]
}

const FORMATS: ReadonlyArray<LogFormat> = ["pretty", "logfmt", "json"]

/** The flag, else the environment, else what suits the stream. */
export const logFormatOf = (
  flag: Option.Option<LogFormat>,
  environment: string | undefined,
  isTerminal: boolean
): LogFormat =>
  Option.getOrElse(flag, () => FORMATS.find((format) => format === environment) ?? (isTerminal ? "pretty" : "logfmt"))
