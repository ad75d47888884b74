import { Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import { calendarIntervals, type CalendarInterval } from "./calendar.ts"
import { CHANGED, madeFor, scheduleInComment } from "./madeFor.ts"
import type { StartInput } from "./systemd.ts"

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const string = (text: string): string => `<string>${escaped(text)}</string>`

const entry = (interval: CalendarInterval): string =>
  `    <dict>${Object.entries(interval)
    .map(([key, value]) => `<key>${key}</key><integer>${value}</integer>`)
    .join("")}</dict>`

/** The name under which launchd knows the job. */
export const labelOf = (name: string): string => `nightly-dispatch.${name}`

const startTimes = (intervals: ReadonlyArray<CalendarInterval>): string =>
  `  <key>StartCalendarInterval</key>
  <array>
${intervals.map(entry).join("\n")}
  </array>
`

/** When a property list of ours starts runs. Left: why that is not known. */
export const scheduleInList = (list: string): Either.Either<Schedule, string> =>
  Either.flatMap(scheduleInComment(list), (schedule) =>
    Either.flatMap(calendarIntervals(schedule), (intervals) =>
      list.includes(startTimes(intervals)) ? Either.right(schedule) : Either.left(CHANGED)
    )
  )

/** The property list of a launchd agent. Left: launchd cannot say this schedule, or a path. */
export const propertyList = ({ bash, log, name, schedule, script }: StartInput): Either.Either<string, string> => {
  // XML cannot hold these characters.
  const path = [bash, script, log].find((each) => /[\u0000-\u001f\ufffe\uffff\p{Surrogate}]/u.test(each))
  if (path !== undefined) return Either.left(`a property list cannot hold the path ${JSON.stringify(path)}`)
  return Either.map(
    calendarIntervals(schedule),
    (intervals) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${madeFor(schedule)} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(labelOf(name))}
  <key>ProgramArguments</key>
  <array>
    ${string(bash)}
    ${string(script)}
  </array>
${startTimes(intervals)}  <!-- Jobs and their watcher go on when the run has ended. -->
  <key>AbandonProcessGroup</key>
  <true/>
  <key>StandardOutPath</key>
  ${string(log)}
  <key>StandardErrorPath</key>
  ${string(log)}
</dict>
</plist>
`
  )
}
