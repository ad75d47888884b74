import { Array as Arr, Either } from "effect"
import { parseSchedule, type Schedule } from "../../domain/schedule.ts"
import { oneLine } from "../../domain/Text.ts"

const ASSIGNMENT = /^\s*["']?([A-Za-z_]\w*)["']?\s*=\s*(.*)$/
const ENTRY = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/
const SCRIPT = "dx-nightly-dispatcher.sh"
const PROGRAM = /^nightly-dispatch(\.[cm]?js)?$/

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, "$2")

/** Whether a crontab line's command starts runs: by the script of `cron wrapper`, or by this program's `run`. */
const startsRuns = (command: string): boolean => {
  const words = command.split(/[\s;&|<>()]+/).map(unquoted)
  if (words.some((word) => word.split("/").at(-1) === SCRIPT)) return true
  const program = words.findIndex((word) => word.split("/").some((part) => PROGRAM.test(part)))
  const rest = words.slice(program + 1)
  // `dx-job-wrapper.sh nightly-dispatch -- SCRIPT` starts a script with a name of its own.
  return program !== -1 && (rest[0] === "--" || rest.includes("run")) && !rest.includes("--dry-run")
}

/** The schedules of the lines that start runs, in the time zone that the assignments above them set. Comments are ignored. */
const ourLines = (text: string): ReadonlyArray<Either.Either<Schedule, string>> => {
  const found: Array<Either.Either<Schedule, string>> = []
  const zones: Record<string, string> = {}
  for (const line of text.split("\n")) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = "", value = ""] = ASSIGNMENT.exec(line) ?? []
    const [, fields = "", command = ""] = ENTRY.exec(line) ?? []
    if (name === "CRON_TZ" || name === "TZ") zones[name] = unquoted(value.trim())
    else if (name === "" && startsRuns(command)) found.push(parseSchedule(fields, zones["CRON_TZ"] || zones["TZ"]))
  }
  return found
}

/**
 * When a crontab starts runs. Left: why that cannot be told.
 *
 * @example
 * scheduleOfCrontab("CRON_TZ=UTC\n0 6-13 * * * /home/me/.local/bin/dx-nightly-dispatcher.sh")
 */
export const scheduleOfCrontab = (text: string): Either.Either<Schedule, string> => {
  const lines = ourLines(text)
  const [first] = lines
  if (first === undefined) return Either.left("no line of your crontab starts nightly-dispatch run")
  const different = Arr.dedupe(lines.map(Either.match({ onLeft: (why) => why, onRight: (one) => JSON.stringify(one) })))
  if (different.length > 1) {
    return Either.left(`${lines.length} lines of your crontab start nightly-dispatch run, at different times`)
  }
  return Either.mapLeft(first, (why) => `the line of your crontab that starts nightly-dispatch run: ${oneLine(why)}`)
}
