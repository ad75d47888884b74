import { Either, Option } from "effect"
import { nextTick, ticksIn } from "../../domain/schedule.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { timeOf } from "../../domain/times.ts"
import type { Frame } from "../../report/Frame.ts"
import type { LineFacts } from "./cronRun.ts"
import { problem, warning, type Finding } from "./Finding.ts"
import { INSTALL } from "./tool.ts"

type Now = Pick<Frame, "now" | "zone">

/** Some months: lines that start runs at the same time do so at least once in them. */
const AHEAD = 62 * 86_400_000

/** What is wrong with one line, or with the file that stands for it. */
export const lineFindings = (facts: LineFacts, { now }: Now): ReadonlyArray<Finding> => {
  const { file, isOnPath, line, missing, missingDirectory, notExecutable, path, started } = facts
  const it = file ?? `the line "${line.fields}"`
  const mend = file === undefined ? "crontab -e" : `${INSTALL} --schedule '0 6-13 * * *'`
  const found: Array<Finding> = []
  if (!isOnPath)
    found.push(
      problem("schedule", `${it} starts ${started.program}, which cron does not find by PATH=${path}`, INSTALL)
    )
  for (const file of missing) found.push(problem("schedule", `${it} starts ${file}, which does not exist`, INSTALL))
  for (const file of notExecutable) {
    found.push(problem("schedule", `${it} starts ${file}, which is not executable`, `chmod 700 ${shellWord(file)}`))
  }
  if (missingDirectory !== undefined) {
    found.push(
      problem(
        "schedule",
        `${it} starts nothing: the directory of its log, ${missingDirectory}, is missing`,
        `mkdir -p ${shellWord(missingDirectory)}`
      )
    )
  }
  if (Either.isLeft(line.schedule) && file !== undefined) {
    const what = `${file}: ${line.schedule.left}, so it is not known when runs are due`
    found.push(warning("schedule", what, `${INSTALL}, or set schedule in the settings`))
  } else if (Either.isLeft(line.schedule)) {
    found.push(problem("schedule", `${it} cannot be read: ${line.schedule.left}`, mend))
  } else if (Option.isNone(nextTick(line.schedule.right, now))) {
    found.push(problem("schedule", `${it} never comes: no date fits it`, mend))
  }
  return found
}

/** Lines that start runs at the same minute: the second run finds the first, and does nothing. */
export const overlapFindings = (lines: ReadonlyArray<LineFacts>, { now, zone }: Now): ReadonlyArray<Finding> => {
  if (lines.length < 2) return []
  const all = lines.flatMap(({ line: { schedule } }) =>
    Either.isRight(schedule) ? [new Set(ticksIn(schedule.right, now, now + AHEAD))] : []
  )
  const seen = new Set<number>()
  for (const ticks of all) {
    for (const tick of ticks) {
      if (seen.has(tick)) {
        const when = timeOf(tick, { now, zone })
        return [
          problem(
            "schedule",
            `${lines.length} lines of your crontab start runs, and overlap, next ${when}: keep one`,
            "crontab -e"
          )
        ]
      }
      seen.add(tick)
    }
  }
  return [
    warning(
      "schedule",
      `${lines.length} lines of your crontab start runs: status cannot tell what is late`,
      "crontab -e"
    )
  ]
}
