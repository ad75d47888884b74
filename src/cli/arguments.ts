import { LOG_LEVELS } from "./terminal/logger.ts"

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

/**
 * Why the parser would not understand `--log-level` of these arguments, which `hoistGlobals` made; `undefined` if it would. The
 * parser itself takes a level that it does not know for a command.
 */
export const levelProblem = (args: ReadonlyArray<string>): string | undefined => {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args
  const index = own.findIndex((arg) => arg === "--log-level" || arg.startsWith("--log-level="))
  if (index < 0) return undefined
  const level = own[index]?.includes("=") ? own[index].slice("--log-level=".length) : own[index + 1]
  return level !== undefined && LOG_LEVELS.includes(level.toLowerCase())
    ? undefined
    : `--log-level takes one of ${LOG_LEVELS.join(", ")}`
}
