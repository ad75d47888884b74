import { LOG_LEVELS } from "../log/logger.ts"
import type { Parameter } from "./usage/CommandShape.ts"

const FLAGS = ["--config", "--log-format", "--log-level"]

/**
 * Moves the options that every command has in front of the command, where the parser expects them. So people may write them
 * anywhere. Arguments after `--` stay in place.
 *
 * @example
 * hoistGlobals(["run", "--log-level", "debug"]) // ["--log-level", "debug", "run"]
 */
export const hoistGlobals = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const front: Array<string> = []
  // --log-level is an option of the parser itself, which accepts it only as the first argument.
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

/** The level is an option of the parser itself, so no command describes it. */
export const LOG_LEVEL: Parameter = {
  names: ["--log-level"],
  value: "level",
  choices: LOG_LEVELS,
  isInteger: false,
  isOptional: true,
  isRepeated: false,
  description: `How much is logged: ${LOG_LEVELS.join(", ")}; else NIGHTLY_DISPATCH_LOG_LEVEL; else info. Lines that monitoring greps for come at any level`
}
