import { ticksIn, type Schedule } from "../../domain/schedule.ts"
import { ok, warning, type Finding } from "./Finding.ts"

export interface TimeFacts {
  readonly now: number
  readonly schedules: ReadonlyArray<Schedule>
  /** Milliseconds. */
  readonly run: number
}

/** The shortest time between two of the next ticks, in milliseconds. */
const shortestGap = (schedule: Schedule, now: number): number => {
  const ticks = ticksIn(schedule, now, now + 8 * 86_400_000).slice(0, 500)
  return Math.min(Infinity, ...ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? tick)))
}

const minutes = (millis: number): string => `${Math.round(millis / 60_000)} min`

export const timeFindings = ({ now, run, schedules }: TimeFacts): ReadonlyArray<Finding> => {
  // Without one, schedule says so.
  if (schedules.length === 0) return []
  const gap = Math.min(Infinity, ...schedules.map((schedule) => shortestGap(schedule, now)))
  if (gap >= run) return [ok("time-outs", `a run ends within ${minutes(run)}, before the next one is due`)]
  return [
    warning(
      "time-outs",
      `a run may take ${minutes(run)}, and the next one is due ${minutes(gap)} after it: that one would do nothing`,
      `timeouts.run: ${minutes(gap)} in the settings, or fewer runs: crontab -e`
    )
  ]
}
