import { Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { RunFacts } from "../../journal/JournalQueries.ts"
import { GRACE, overdueSince, type JudgeInput } from "../schedule/judge.ts"
import { fleetOf, type NightFacts } from "./NightFacts.ts"

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

const seen = (run: RunFacts, facts: NightFacts): LastRun => ({ ...run, state: stateOf(run, facts) })

/** The last run; `undefined` if there was none, or if the journal cannot be read. */
export const lastRunOf = (facts: NightFacts): LastRun | undefined => {
  const [last] = runsOf(facts)
  return last === undefined ? undefined : seen(last, facts)
}

/** The last run on this host, which is the last one of all if no other host uses the journal. */
export const lastRunHere = (facts: NightFacts): LastRun | undefined => {
  const fleet = fleetOf(facts)
  if (fleet === undefined) return lastRunOf(facts)
  const last = runsOf(facts).find(({ host }) => host === fleet.here?.name)
  return last === undefined ? undefined : seen(last, facts)
}

/** The last run on each host that was not evicted, the newest first; the last one of all if no other host uses the journal. */
export const lastRunsOf = (facts: NightFacts): ReadonlyArray<LastRun> => {
  const fleet = fleetOf(facts)
  const runs = runsOf(facts)
  if (fleet === undefined) return runs.slice(0, 1).map((run) => seen(run, facts))
  const works = new Set(fleet.hosts.flatMap(({ name, state }) => (state === "evicted" ? [] : [name])))
  return runs
    .filter(({ host }, index) => works.has(host) && runs.findIndex((each) => each.host === host) === index)
    .map((run) => seen(run, facts))
}

/** What the schedule is judged by; `undefined` if it is not known, or if the journal cannot be read. */
export const judgeInputOf = (facts: NightFacts): JudgeInput | undefined => {
  const { journal, now, runTimeout, schedule } = facts
  return schedule.schedule === undefined || Either.isLeft(journal)
    ? undefined
    : {
        schedule: schedule.schedule,
        runs: runsOf(facts),
        now,
        longestRun: runTimeout + GRACE,
        byHost: fleetOf(facts) !== undefined
      }
}

/** Since when a run is overdue: see `overdueSince`. */
export const overdueOf = (facts: NightFacts): number | undefined => {
  const input = judgeInputOf(facts)
  return input === undefined ? undefined : overdueSince(input)
}
