import { Array as Arr, Either } from "effect"
import { parseSchedule, type Schedule } from "../../domain/schedule.ts"
import { oneLine } from "../../domain/Text.ts"

const ASSIGNMENT = /^\s*["']?([A-Za-z_]\w*)["']?\s*=\s*(.*)$/
const ENTRY = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/
/** Where several repositories have one, the script's name ends with that of its repository. */
const SCRIPT = /^dx-nightly-dispatcher(?:-[A-Za-z0-9._-]+)?\.sh$/
const PROGRAM = /^nightly-dispatch(\.[cm]?js)?$/

const unquoted = (word: string): string => word.replace(/^["']|["']$/g, "")

/** Whether a crontab line's command starts runs: by the script of `cron wrapper`, or by this program's `run`. */
const startsRuns = (command: string): boolean => {
  const words = command.split(/[\s;&|<>()]+/).map(unquoted)
  if (words.some((word) => SCRIPT.test(word.split("/").at(-1) ?? ""))) return true
  const program = words.findIndex((word) => word.split("/").some((part) => PROGRAM.test(part)))
  const rest = words.slice(program + 1)
  // `dx-job-wrapper.sh nightly-dispatch -- SCRIPT` starts a script with a name of its own.
  return program !== -1 && (rest[0] === "--" || rest.includes("run")) && !rest.includes("--dry-run")
}

/** A line of a crontab that starts runs. */
export interface RunLine {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** In the time zone that the assignments above the line set. Left: why it cannot be told. */
  readonly schedule: Either.Either<Schedule, string>
}

/** The lines of a crontab that start runs. Comments are ignored. */
export const runLines = (crontab: string): ReadonlyArray<RunLine> => {
  const found: Array<RunLine> = []
  const zones: Record<string, string> = {}
  for (const [index, text] of crontab.split("\n").entries()) {
    if (/^\s*(#|$)/.test(text)) continue
    const [, name = "", value = ""] = ASSIGNMENT.exec(text) ?? []
    const [, fields = "", command = ""] = ENTRY.exec(text) ?? []
    if (name === "CRON_TZ" || name === "TZ") zones[name] = unquoted(value.trim())
    else if (name === "" && startsRuns(command)) {
      found.push({ number: index + 1, text, schedule: parseSchedule(fields, zones["CRON_TZ"] || zones["TZ"]) })
    }
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
  const lines = runLines(text).map(({ schedule }) => schedule)
  const [first] = lines
  if (first === undefined) return Either.left("no line of your crontab starts nightly-dispatch run")
  const different = Arr.dedupe(lines.map(Either.match({ onLeft: (why) => why, onRight: (one) => JSON.stringify(one) })))
  if (different.length > 1) {
    return Either.left(`${lines.length} lines of your crontab start nightly-dispatch run, at different times`)
  }
  return Either.mapLeft(first, (why) => `the line of your crontab that starts nightly-dispatch run: ${oneLine(why)}`)
}
