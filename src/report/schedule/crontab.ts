import { Array as Arr, Either } from "effect"
import { parseSchedule, type Schedule } from "../../domain/schedule.ts"
import { oneLine } from "../../domain/Text.ts"
import { startsRuns, type RunKind } from "./startedBy.ts"

const ASSIGNMENT = /^\s*["']?([A-Za-z_]\w*)["']?\s*=\s*(.*)$/
const ENTRY = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/

/** Whether a line starts anything: it is no comment, no assignment and not empty. */
export const isEntry = (line: string): boolean => !/^\s*(#|$)/.test(line) && !ASSIGNMENT.test(line.trimEnd())

/** A line of a crontab that starts runs. */
export interface RunLine {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** When: five fields, or a shorthand. */
  readonly fields: string
  readonly command: string
  /** The assignments above it: cron passes them to the command. */
  readonly variables: Readonly<Record<string, string>>
  /** In the time zone that the assignments set. Left: why its times cannot be read. */
  readonly schedule: Either.Either<Schedule, string>
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, "$2")

/**
 * The lines that start runs of this kind. Comments are ignored.
 *
 * @example
 * runLines("PATH=/opt/bin\n0 6 * * * nightly-dispatch run") // one, with the variables { PATH: "/opt/bin" }
 */
export const runLines = (text: string, kind: RunKind = "run"): ReadonlyArray<RunLine> => {
  const found: Array<RunLine> = []
  const variables: Record<string, string> = {}
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = "", value = ""] = ASSIGNMENT.exec(line) ?? []
    const [, fields = "", command = ""] = ENTRY.exec(line) ?? []
    if (name !== "") variables[name] = unquoted(value.trim())
    else if (startsRuns(command, kind)) {
      const schedule = parseSchedule(fields, variables["CRON_TZ"] || variables["TZ"])
      found.push({ number: index + 1, text: line, fields, command, variables: { ...variables }, schedule })
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
