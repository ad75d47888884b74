import { Effect, Either } from "effect"
import { shellWord } from "../../domain/shellWord.ts"
import { Exec } from "../../exec/Exec.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { RunLine } from "../../report/schedule/crontab.ts"
import type { FiledSchedule } from "../../report/schedule/OwnSchedule.ts"
import type { CronPlace } from "../cron/scriptPlace.ts"
import type { Known } from "./cronRun.ts"
import { problem, warning, type Finding } from "./Finding.ts"
import { INSTALL } from "./tool.ts"

/** A schedule of systemd or launchd, and whether it starts anything. */
export interface FiledFacts extends FiledSchedule {
  /** What the starter calls it: `nightly-dispatch-shop-1a2b3c4d.timer`. */
  readonly unit: string
  readonly isActive: Known<boolean>
}

const unitOf = ({ file, starter }: FiledSchedule): string => {
  const name = file.slice(file.lastIndexOf("/") + 1)
  return starter === "systemd" ? name : name.replace(/\.plist$/, "")
}

/** What systemctl prints for a unit that it knows, and which of these words mean that it waits for its time. */
const STATES: ReadonlyMap<string, boolean> = new Map([
  ["active", true],
  ["inactive", false],
  ["failed", false]
])

/** Whether the starter has the schedule. Left: it does not tell. */
export const lookAtFiled = Effect.fn("doctor.filed")(function* (filed: FiledSchedule) {
  const exec = yield* Exec
  const unit = unitOf(filed)
  const [command, ...args] =
    filed.starter === "systemd" ? ["systemctl", "--user", "is-active", unit] : ["launchctl", "list", unit]
  const asked = yield* inTime(exec.run({ tool: "system", command, args, cwd: "/", timeout: "5 seconds" }))
  const isActive = Either.flatMap(asked, ({ exitCode, stderr, stdout }) => {
    const known = filed.starter === "systemd" ? STATES.get(stdout.trim()) : exitCode === 0 ? true : undefined
    return known === undefined ? Either.left(stderr.trim() || `${command} does not tell`) : Either.right(known)
  })
  return { ...filed, unit, isActive } satisfies FiledFacts
})

/** The line of a crontab that would start the same. */
export const lineOf = ({ schedule }: FiledSchedule, { bash, script }: CronPlace): RunLine => ({
  number: 0,
  text: "",
  fields: Either.match(schedule, { onLeft: () => "", onRight: ({ text }) => text }),
  command: `${shellWord(bash)} ${shellWord(script)}`,
  variables: {},
  schedule
})

/** The command that installs a schedule on this host: there may be no crontab. */
export const installCommand = Effect.fn("doctor.install")(function* (filed: FiledSchedule | undefined) {
  if (filed !== undefined) return `${INSTALL} --for ${filed.starter}`
  const { which } = yield* Exec
  const [crontab, systemctl, launchctl] = yield* Effect.forEach(["crontab", "systemctl", "launchctl"], which)
  if (crontab !== undefined) return INSTALL
  if (launchctl !== undefined) return `${INSTALL} --for launchd`
  return systemctl === undefined ? `sudo apt-get install cron && ${INSTALL}` : `${INSTALL} --for systemd`
})

/** Whether systemd or launchd starts the runs, where nothing in the crontab does. */
export const activeFindings = ({ isActive, starter, unit }: FiledFacts): ReadonlyArray<Finding> => {
  if (Either.isLeft(isActive)) return [warning("schedule", `cannot tell whether ${unit} is active: ${isActive.left}`)]
  if (isActive.right) return []
  const mend =
    starter === "systemd"
      ? `systemctl --user daemon-reload && systemctl --user enable --now ${shellWord(unit)}`
      : INSTALL
  return [problem("schedule", `${unit} is not active, so nothing starts the runs`, mend)]
}
