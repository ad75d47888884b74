import type { Schedule } from "../../domain/schedule.ts"
import { onCalendar } from "./calendar.ts"

/** What a schedule outside of the crontab starts. All paths are absolute and on one line. */
export interface StartInput {
  /** The repository's name, as `markerName` gives it. */
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
  timer: `# Made by "nightly-dispatch cron --for systemd" for the schedule ${schedule.text}
[Unit]
Description=Starts the nightly dispatch of ${name}

[Timer]
${onCalendar(schedule)
  .map((value) => `OnCalendar=${value}`)
  .join("\n")}
# A run that was due while the host was off starts when it is on again.
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`
})
