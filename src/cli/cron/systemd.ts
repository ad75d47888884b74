import { Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import { onCalendar } from "./calendar.ts"
import { CHANGED, madeFor, scheduleInComment } from "./madeFor.ts"

/** What a schedule outside of the crontab starts. All paths are absolute and on one line. */
export interface StartInput {
  /** The name of the repository's schedule. */
  readonly name: string
  readonly bash: string
  readonly script: string
  readonly log: string
  readonly schedule: Schedule
}

/** A word of `ExecStart=`, where `%` and `$` begin what systemd replaces. */
const word = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")}"`

/** The name of the units, without its ending. */
export const unitName = (name: string): string => `nightly-dispatch-${name}`

const startTimes = (schedule: Schedule): ReadonlyArray<string> =>
  onCalendar(schedule).map((value) => `OnCalendar=${value}`)

/** When a timer of ours starts runs. Left: why that is not known. */
export const scheduleInTimer = (timer: string): Either.Either<Schedule, string> => {
  const set = timer.split("\n").filter((line) => /^On\w+=/.test(line))
  return Either.filterOrLeft(
    scheduleInComment(timer),
    (schedule) => set.join("\n") === startTimes(schedule).join("\n"),
    () => CHANGED
  )
}

/** The service and the timer of systemd's user manager. */
export const systemdUnits = ({ bash, name, schedule, script }: StartInput) => ({
  service: `# Made by "nightly-dispatch cron --for systemd". The log: journalctl --user -u ${unitName(name)}
[Unit]
Description=The nightly dispatch of ${name}

[Service]
Type=oneshot
ExecStart=${word(bash)} ${word(script)}
# Jobs and their watcher go on when the run has ended.
KillMode=process
`,
  timer: `# ${madeFor(schedule)}
[Unit]
Description=Starts the nightly dispatch of ${name}

[Timer]
${startTimes(schedule).join("\n")}
# A run that was due while the host was off starts when it is on again.
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`
})
