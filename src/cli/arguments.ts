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
