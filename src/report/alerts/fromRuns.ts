import { Either } from "effect"
import { normalise } from "../../dispatch/plan/normalise.ts"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition } from "../../domain/Condition.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { WAITS_FOR_A_RUN, type SkipReason } from "../../domain/Outcome.ts"
import { inWords } from "../../domain/times.ts"
import type { RunFacts } from "../../journal/JournalQueries.ts"
import { judgeInputOf, lastRunHere, lastRunOf, overdueOf } from "../needs/lastRun.ts"
import { fleetOf, openOf } from "../needs/NightFacts.ts"
import { failureOf, nextOf } from "../needs/nightNeeds.ts"
import { many } from "../report/words.ts"
import { judgeTicks } from "../schedule/judge.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { conditionOf } from "./condition.ts"

const DAY = 86_400_000
/** So many runs in a row with the same failure are a streak. */
const STREAK = 3
/** Nothing was dispatched for so many nights although bugs waited. */
const IDLE_NIGHTS = 2

/** What a failed run is told as. Exit 1 and 3 are told of by what they are about: providers, dispatches and jobs. */
const KIND_OF: Readonly<Record<number, AlertKind | undefined>> = {
  [EXIT.no]: undefined,
  [EXIT.failed]: undefined,
  [EXIT.tracker]: "tracker"
}

const overdue = ({ night, program }: AlertFacts): ReadonlyArray<Condition> => {
  const since = overdueOf(night)
  const commands = ["crontab -l", `${program} doctor`]
  return since === undefined ? [] : [conditionOf({ kind: "overdue", what: "no run has come", since, commands })]
}

/** The runs of the last day that were due and did not come, although a later one did. */
const missed = ({ night, now, program }: AlertFacts): ReadonlyArray<Condition> => {
  const [input, last] = [judgeInputOf(night), lastRunOf(night)]
  if (input === undefined || last === undefined) return []
  const first = Math.min(...input.runs.map(({ began }) => began))
  const ticks = judgeTicks({ ...input, since: Math.max(first, now - DAY), until: last.began }).missed
  const [since] = ticks
  if (since === undefined) return []
  const what =
    ticks.length === 1 ? "a run that was due did not come" : `${ticks.length} runs that were due did not come`
  const commands = ["crontab -l", `${program} report --since 2d`]
  return [conditionOf({ kind: "missed", what, since, commands, fingerprint: String(ticks.at(-1)) })]
}

const lastFailure = ({ night, program }: AlertFacts): ReadonlyArray<Condition> => {
  // Each host tells of its own.
  const last = lastRunHere(night)
  if (last === undefined || (last.state !== "failed" && last.state !== "cut_short")) return []
  const { began: since, exit, state } = last
  const kind = state === "cut_short" ? "hung" : exit !== undefined && exit in KIND_OF ? KIND_OF[exit] : "run_failed"
  const commands = [`${program} ${nextOf(exit)}`]
  if (kind === undefined) return []
  // While the tracker is down, it is told of in other words as soon as it is asked.
  const fingerprint = kind === "tracker" ? { fingerprint: "" } : {}
  return [conditionOf({ kind, what: failureOf(last), since, commands, ...fingerprint })]
}

/** The runs that ended, the newest first. */
const endedRuns = ({ night }: AlertFacts): ReadonlyArray<RunFacts> =>
  Either.match(night.journal, { onLeft: () => [], onRight: ({ runs }) => runs }).filter(
    ({ ended }) => ended !== undefined
  )

const failureName = ({ error, exit }: RunFacts): string | undefined =>
  exit === EXIT.ok || exit === undefined ? undefined : `${exit} ${normalise(error ?? "")}`

/** The same failure, run after run. */
const streak = (facts: AlertFacts): ReadonlyArray<Condition> => {
  const fleet = fleetOf(facts.night)
  const runs = endedRuns(facts).filter(({ host }) => fleet === undefined || host === fleet.here?.name)
  const [last] = runs
  const name = last === undefined ? undefined : failureName(last)
  if (last === undefined || name === undefined) return []
  const other = runs.findIndex((run) => failureName(run) !== name)
  const same = other === -1 ? runs : runs.slice(0, other)
  if (same.length < STREAK) return []
  const why = last.error === undefined ? `exit ${last.exit}` : `exit ${last.exit}: ${last.error}`
  const what = `the last ${same.length} runs ended with the same failure, ${why}`
  const commands = [`${facts.program} ${nextOf(last.exit)}`, `${facts.program} report --since 2d`]
  return [conditionOf({ kind: "streak", what, since: same.at(-1)?.began, commands, fingerprint: name })]
}

/** The reasons for which a run leaves a bug alone that it would dispatch at another time. */
const NOT_ITS_OWN: ReadonlySet<SkipReason> = new Set([...WAITS_FOR_A_RUN, "run_stopped"])

/** The bugs from before this time that nothing about themselves keeps from being dispatched. */
const waitingBugs = ({ night }: AlertFacts, before: number): number => {
  if (Either.isLeft(night.tracker) || Either.isLeft(night.tracker.right.skipped)) return 0
  const left = new Map(night.tracker.right.skipped.right.map(({ beads, reason }) => [beads, reason]))
  const isWaiting = (reason: SkipReason | undefined) => reason === undefined || NOT_ITS_OWN.has(reason)
  return night.tracker.right.intake.issues.filter(({ createdAt, id }) => createdAt < before && isWaiting(left.get(id)))
    .length
}

/** The attempts of other hosts that are not over: nobody here can tell which of them have a job. */
const openElsewhere = (night: AlertFacts["night"]) => {
  const fleet = fleetOf(night)
  return fleet === undefined ? [] : openOf(night).filter(({ actor }) => fleet.elsewhere(actor) !== undefined)
}

/** Nothing was dispatched for nights, although bugs wait and no job keeps the places. */
const idle = (facts: AlertFacts): ReadonlyArray<Condition> => {
  const { night, program } = facts
  const runs = endedRuns(facts)
  const last = runs[0]?.began
  const busy = runs.findIndex(({ dispatched, fetched }) => dispatched > 0 || fetched === 0)
  const since = (busy === -1 ? runs : runs.slice(0, busy)).at(-1)?.began
  const jobs = [...Either.getOrElse(night.running, () => []), ...openElsewhere(night)]
  if (last === undefined || since === undefined || last - since < IDLE_NIGHTS * DAY || jobs.length > 0) return []
  const waiting = waitingBugs(facts, last - IDLE_NIGHTS * DAY)
  if (waiting === 0) return []
  const held = facts.lastOutcomes.find((outcome) => outcome._tag === "Skipped" && outcome.reason === "host_busy")
  const why = held?._tag === "Skipped" ? `; the host is busy: ${held.detail}` : ""
  const what = `no run has dispatched a bug for ${inWords(last - since)}, although ${many(waiting, "bug")} could be${why}`
  return [conditionOf({ kind: "idle", what, since, commands: [`${program} run --dry-run`], fingerprint: "" })]
}

/** What is told of the runs: whether they came, and how they ended. */
export const fromRuns = (facts: AlertFacts): ReadonlyArray<Condition> => [
  ...overdue(facts),
  ...missed(facts),
  ...lastFailure(facts),
  ...streak(facts),
  ...idle(facts)
]
