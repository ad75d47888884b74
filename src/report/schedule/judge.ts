import { Duration, Option } from "effect"
import { lastTick, nextTick, ticksIn, type Schedule } from "../../domain/schedule.ts"
import type { RunFacts } from "../../journal/JournalQueries.ts"

/**
 * Milliseconds. A run that begins later than this after its time is late. Cron starts it within the minute; on a loaded host it
 * takes longer to begin.
 */
export const GRACE = Duration.toMillis("10 minutes")
/** A run that begins later than this after a time was not started for it. */
const LATEST = Duration.toMillis("1 hour")
/** How long a run without an end counts as active: the default of `timeouts.run`, and the grace. */
const LONGEST_RUN = Duration.toMillis("50 minutes") + GRACE

/** How the runs of a window came. */
export interface Ticks {
  /** How many runs were due whose coming can be judged: a run of the last ten minutes may still come. */
  readonly due: number
  /** How many of them came. */
  readonly came: number
  /** How many of these began more than `GRACE` after their time. */
  readonly late: number
  /** When the others were due, oldest first. Milliseconds since the epoch. */
  readonly missed: ReadonlyArray<number>
}

/** What a judgement is made of. All times are milliseconds since the epoch. */
export interface JudgeInput {
  readonly schedule: Schedule
  /** In any order. At least those that began from an hour before the window until an hour after it. */
  readonly runs: ReadonlyArray<Pick<RunFacts, "began" | "ended"> & { readonly host?: string }>
  readonly now: number
  /** How long a run without an end counts as active, in milliseconds: `timeouts.run` and a grace. Default: one hour. */
  readonly longestRun?: number
  /** Runs of several hosts may be active at once. Else they exclude each other. */
  readonly byHost?: boolean
}

/** Whether this run was active at this time: a second one leaves without a record then. */
const isActive = (run: JudgeInput["runs"][number] | undefined, at: number, { longestRun = LONGEST_RUN }: JudgeInput) =>
  run !== undefined && run.began < at && at <= (run.ended ?? run.began + longestRun)

const byBegin = (runs: JudgeInput["runs"]) => runs.toSorted((a, b) => a.began - b.began)

/** Whether one of the hosts had a run that was active at this time. Of its runs, only the last one before may still have been. */
const isAnyActive = (before: ReadonlyMap<string, JudgeInput["runs"][number]>, at: number, input: JudgeInput): boolean =>
  [...before.values()].some((run) => isActive(run, at, input))

/** Whose a run is, where runs of several hosts may be active at once. */
const hostOf = ({ host = "" }: JudgeInput["runs"][number], { byHost = false }: JudgeInput): string =>
  byHost ? host : ""

/** How long after each tick its run began, in milliseconds; 0 if a run was active then; `undefined` if none came. */
const delays = (input: JudgeInput, ticks: ReadonlyArray<number>): ReadonlyArray<number | undefined> => {
  const runs = byBegin(input.runs)
  const before = new Map<string, JudgeInput["runs"][number]>()
  let next = 0
  return ticks.map((tick, index) => {
    for (let run = runs[next]; run !== undefined && run.began < tick; run = runs[++next]) {
      before.set(hostOf(run, input), run)
    }
    if (isAnyActive(before, tick, input)) return 0
    const until = Math.min(ticks[index + 1] ?? Number.POSITIVE_INFINITY, tick + LATEST)
    const began = runs[next]?.began
    return began !== undefined && began < until ? began - tick : undefined
  })
}

/**
 * Which of the runs that were due from `since` until before `until` came, were late or were missed. A run that was active when
 * the next one was due stands for both. Choose `since` so that the program was installed by then: else what came before is missed.
 *
 * @example
 * judgeTicks({ schedule, runs, since: now - 86_400_000, until: now, now }) // { due: 8, came: 7, late: 0, missed: [1795…] }
 */
export const judgeTicks = (input: JudgeInput & { readonly since: number; readonly until: number }): Ticks => {
  const ticks = ticksIn(input.schedule, input.since, Math.min(input.until, input.now + 1))
  const after = delays(input, ticks)
  const missed = ticks.filter((tick, index) => after[index] === undefined && input.now - tick > GRACE)
  const came = after.filter((delay) => delay !== undefined)
  return {
    due: came.length + missed.length,
    came: came.length,
    late: came.filter((delay) => delay > GRACE).length,
    missed
  }
}

/**
 * When the run was due that has not come yet, although it should have: the first after the last run. `undefined` if none is
 * overdue, or if there was no run at all: since when one should have come is not known then.
 */
export const overdueSince = (input: JudgeInput): number | undefined => {
  const { now, schedule } = input
  const runs = byBegin(input.runs)
  const last = runs.at(-1)
  const before = new Map(runs.map((run) => [hostOf(run, input), run]))
  const tick = Option.getOrUndefined(lastTick(schedule, now - GRACE - 1))
  if (last === undefined || tick === undefined || last.began >= tick) return undefined
  if (isAnyActive(before, now, input) || isAnyActive(before, tick, input)) return undefined
  const first = Option.getOrElse(nextTick(schedule, last.began), () => tick)
  return isAnyActive(before, first, input) ? Option.getOrUndefined(nextTick(schedule, first)) : first
}
