import { Either, Option } from "effect"
import { nextTick, type Schedule } from "../../domain/schedule.ts"
import { timeOf } from "../../domain/times.ts"
import type { Frame } from "../../report/Frame.ts"
import type { Known, LineFacts } from "./cronRun.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"
import { lineFindings, overlapFindings } from "./lines.ts"
import { activeFindings, type FiledFacts } from "./starter.ts"
import { INSTALL } from "./tool.ts"

export interface ScheduleFacts {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly zone: Frame["zone"]
  /**
   * The lines of the crontab that start runs; without one, the file of systemd or launchd that stands for a line. Left: why there
   * are none; `mayExist`: the crontab could not be read.
   */
  readonly lines: Either.Either<ReadonlyArray<LineFacts>, { readonly why: string; readonly mayExist: boolean }>
  /** The schedule that systemd or launchd has from a file of ours; `undefined` if there is none. */
  readonly filed: FiledFacts | undefined
  /** The command that installs a schedule here, with the name of our program as it stands in the findings. */
  readonly install: string
  /** The setting `schedule`: something else than the crontab starts the runs. */
  readonly setting: Schedule | undefined
  /** Whether a cron daemon runs here. */
  readonly daemon: Known<boolean>
  /** A script that `cron wrapper` did not print. */
  readonly foreignScript: string | undefined
  /** When the run was due that has not come. */
  readonly overdue: number | undefined
}

const nextTicks = (schedule: Schedule, now: number): ReadonlyArray<number> => {
  const ticks: Array<number> = []
  for (
    let tick = nextTick(schedule, now);
    Option.isSome(tick) && ticks.length < 3;
    tick = nextTick(schedule, tick.value)
  ) {
    ticks.push(tick.value)
  }
  return ticks
}

const next = (schedule: Schedule, { now, zone }: ScheduleFacts): string => {
  const ticks = nextTicks(schedule, now).map((tick) => timeOf(tick, { now, zone }))
  return `${schedule.text}: next ${ticks.join(", ")}`
}

/** Whether something starts the runs at their time. */
const starterFindings = ({ daemon, filed, lines }: ScheduleFacts): ReadonlyArray<Finding> => {
  const isInCrontab = Either.getOrElse(lines, () => []).some(({ file }) => file === undefined)
  if (!isInCrontab && filed !== undefined) return activeFindings(filed)
  const twice =
    filed === undefined
      ? []
      : [
          warning(
            "schedule",
            `${filed.file} starts runs too, besides your crontab: they would come twice`,
            `nightly-dispatch cron remove --for ${filed.starter}`
          )
        ]
  return [...daemonFindings(daemon), ...twice]
}

const daemonFindings = (daemon: ScheduleFacts["daemon"]): ReadonlyArray<Finding> => {
  if (Either.isLeft(daemon)) return [warning("schedule", `cannot tell whether a cron daemon runs: ${daemon.left}`)]
  return daemon.right
    ? []
    : [problem("schedule", "no cron daemon runs here, so nothing starts the runs", "sudo service cron start")]
}

/** What the schedule setting alone tells. */
const settingFindings = (schedule: Schedule, facts: ScheduleFacts): ReadonlyArray<Finding> =>
  Option.isNone(nextTick(schedule, facts.now))
    ? [
        problem(
          "schedule",
          `the setting schedule, "${schedule.text}", never comes: no date fits it`,
          "schedule in the settings"
        )
      ]
    : [
        warning(
          "schedule",
          `${next(schedule, facts)} by the setting schedule; what starts the runs is not in your crontab, so it was not checked`
        )
      ]

export const scheduleFindings = (facts: ScheduleFacts): ReadonlyArray<Finding> => {
  const { filed, foreignScript, lines, now, overdue, setting, zone } = facts
  const known = Either.getOrElse(lines, (): ReadonlyArray<LineFacts> => [])
  if (known.length === 0) {
    if (setting !== undefined) return settingFindings(setting, facts)
    if (Either.isLeft(lines) && lines.left.mayExist)
      return [warning("schedule", `cannot tell what starts the runs: ${lines.left.why}`)]
    const why = Either.isLeft(lines) ? lines.left.why : "no line of your crontab starts nightly-dispatch run"
    return [problem("schedule", `nothing starts the runs: ${why}`, INSTALL)]
  }
  const late =
    overdue === undefined
      ? []
      : [warning("schedule", `the run of ${timeOf(overdue, { now, zone })} has not come`, "nightly-dispatch status")]
  const foreign =
    foreignScript === undefined
      ? []
      : [
          warning(
            "schedule",
            `${foreignScript} was not printed by nightly-dispatch: what it sets could not be checked`,
            INSTALL
          )
        ]
  const ofLines = known.flatMap((each) => {
    const found = lineFindings(each, facts)
    const { schedule } = each.line
    if (found.length > 0 || Either.isLeft(schedule)) return found
    const by = each.file === undefined || filed === undefined ? "" : `, by ${filed.unit}`
    return [ok("schedule", `${next(schedule.right, facts)}${by}`)]
  })
  return [...ofLines, ...overlapFindings(known, facts), ...starterFindings(facts), ...late, ...foreign]
}
