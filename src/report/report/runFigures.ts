import { judgeTicks } from "../schedule/judge.ts"
import { counted } from "./endFigures.ts"
import type { ReportInput } from "./reportInput.ts"
import type { RunFigures } from "./reportSchema.ts"

/** Since when runs should have come: before its first run, the program may not have been installed. */
const dueSince = ({ lastRun, runs, runsBefore, since, until }: ReportInput): number => {
  if (runsBefore.length > 0) return since
  const first = runs.at(-1)
  if (first === undefined) return lastRun === undefined ? until : since
  return Math.max(since, first.began - HALF_MINUTE)
}

/** Cron starts a run some seconds after its time. */
const HALF_MINUTE = 30_000

const judged = (input: ReportInput): RunFigures["judged"] => {
  const { runs, runsBefore, schedule, until } = input
  if (schedule.schedule === undefined) return undefined
  const ticks = judgeTicks({
    schedule: schedule.schedule,
    runs: [...runs, ...runsBefore],
    since: dueSince(input),
    until,
    now: until,
    byHost: input.fleet !== undefined
  })
  return { schedule: schedule.schedule.text, ...ticks }
}

/** What came of the window's runs, and which did not come. */
export const runFigures = (input: ReportInput): RunFigures => {
  const { runs, schedule } = input
  const exits = counted(runs.flatMap(({ exit }) => exit ?? []))
  return {
    began: runs.length,
    judged: judged(input),
    unjudged: schedule.schedule === undefined ? schedule.why : undefined,
    exits: exits.map(([exit, runs]) => ({ exit, runs })).toSorted((a, b) => a.exit - b.exit),
    ends: counted(runs.flatMap(({ end }) => end ?? [])).map(([end, runs]) => ({ end, runs })),
    unended: runs.filter(({ exit }) => exit === undefined).length
  }
}
