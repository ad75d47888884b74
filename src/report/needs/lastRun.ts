import { Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { RunFacts } from "../../journal/JournalQueries.ts"
import { GRACE, overdueSince, type JudgeInput } from "../schedule/judge.ts"
import type { NightFacts } from "./NightFacts.ts"

/** The last run, and what became of it. `cut_short`: it was killed, or hangs. */
export interface LastRun extends RunFacts {
  readonly state: "active" | "ok" | "failed" | "cut_short"
}

const stateOf = ({ began, ended, exit }: RunFacts, { now, runTimeout }: NightFacts): LastRun["state"] => {
  if (ended !== undefined) return exit === EXIT.ok ? "ok" : "failed"
  return now <= began + runTimeout + GRACE ? "active" : "cut_short"
}

const runsOf = ({ journal }: NightFacts): ReadonlyArray<RunFacts> =>
  Either.match(journal, { onLeft: () => [], onRight: ({ runs }) => runs })

/** The last run; `undefined` if there was none, or if the journal cannot be read. */
export const lastRunOf = (facts: NightFacts): LastRun | undefined => {
  const [last] = runsOf(facts)
  return last === undefined ? undefined : { ...last, state: stateOf(last, facts) }
}

/** What the schedule is judged by; `undefined` if it is not known, or if the journal cannot be read. */
export const judgeInputOf = (facts: NightFacts): JudgeInput | undefined => {
  const { journal, now, runTimeout, schedule } = facts
  return schedule.schedule === undefined || Either.isLeft(journal)
    ? undefined
    : { schedule: schedule.schedule, runs: runsOf(facts), now, longestRun: runTimeout + GRACE }
}

/** Since when a run is overdue: see `overdueSince`. */
export const overdueOf = (facts: NightFacts): number | undefined => {
  const input = judgeInputOf(facts)
  return input === undefined ? undefined : overdueSince(input)
}
