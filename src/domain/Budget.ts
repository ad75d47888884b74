import { Duration } from "effect"
import { ackOf, createdOf, endingOf, updatedOf, type Attempt } from "./Attempt.ts"
import { ageOf, type Moment } from "./BootClock.ts"
import type { Ending } from "./Ending.ts"
import type { Settings } from "./Settings.ts"
import { dollars, grouped, tokensOf } from "./Usage.ts"
import { counted } from "./Text.ts"

type Limits = Settings["limits"]

const MINUTE = 60_000

/** Whether there is a budget in what only an agent's own output tells: tokens or cost. */
export const countsUsage = ({ costPerNight, tokensPerNight }: Limits): boolean =>
  costPerNight !== undefined || tokensPerNight !== undefined

/** Whether a night has any budget. */
export const hasNightBudget = (limits: Limits): boolean =>
  countsUsage(limits) || limits.jobsPerNight !== undefined || limits.agentMinutesPerNight !== undefined

/** What jobs came to, with those in flight. Milliseconds, tokens and US dollars; what a job does not report counts as 0. */
export interface Spent {
  readonly jobs: number
  readonly ran: number
  /** Of `jobs`: those that run, or may. */
  readonly running: number
  /** Of `ran`: how long these have run. */
  readonly runningFor: number
  readonly tokens: number
  readonly cost: number
}

/** An attempt that is open may get a job at any time. */
const isJob = (attempt: Attempt): boolean => ackOf(attempt) !== undefined || endingOf(attempt) === undefined

const isRunning = (attempt: Attempt): boolean => endingOf(attempt) === undefined && attempt.phase !== "verifying"

/** The end of the attempt's job, which our check of its work may follow. */
const jobsEnding = (attempt: Attempt): Ending | undefined =>
  attempt.phase === "verifying" ? attempt.found : endingOf(attempt)

/** How long the attempt's job ran, or has run. If no run saw its end, it counts as `limits.maxRuntime` at most. */
const ranFor = (attempt: Attempt, now: Moment, { maxRuntime }: Limits): number => {
  if (ackOf(attempt) === undefined) return 0
  const known = jobsEnding(attempt)?.durationMs
  if (known !== undefined) return known
  const age = ageOf(createdOf(attempt), isRunning(attempt) ? now : updatedOf(attempt))
  return Math.min(Math.max(0, age), Duration.toMillis(maxRuntime))
}

const total = (numbers: ReadonlyArray<number>): number => numbers.reduce((sum, each) => sum + each, 0)

/** What these attempts have spent until now. */
export const spentBy = (attempts: ReadonlyArray<Attempt>, now: Moment, limits: Limits): Spent => {
  const jobs = attempts.filter(isJob)
  const running = jobs.filter(isRunning)
  const usages = jobs.flatMap((attempt) => jobsEnding(attempt)?.usage ?? [])
  return {
    jobs: jobs.length,
    ran: total(jobs.map((attempt) => ranFor(attempt, now, limits))),
    running: running.length,
    runningFor: total(running.map((attempt) => ranFor(attempt, now, limits))),
    tokens: total(usages.map(tokensOf)),
    cost: total(usages.map(({ costUsd = 0 }) => costUsd))
  }
}

const are = (count: number): string => (count === 1 ? "is" : "are")

/** One budget: how much of it is spent, in words. */
interface Part {
  readonly isSpent: boolean
  readonly words: string
}

const part = (limit: number | undefined, spent: number, words: (limit: number) => string): ReadonlyArray<Part> =>
  limit === undefined ? [] : [{ isSpent: spent >= limit, words: words(limit) }]

const jobsPart = (limit: number | undefined, { jobs, running }: Spent, of: string) =>
  part(limit, jobs, (most) => {
    const flight = running === 0 ? "" : `, ${running} of them ${running === 1 ? "runs" : "run"}`
    return `${jobs} of ${counted(most, "job")} ${of} ${are(most)} begun${flight}`
  })

const minutesPart = (limit: number | undefined, { ran, running, runningFor }: Spent, of: string) =>
  part(limit, ran / MINUTE, (most) => {
    const jobs = `${counted(running, "job")} that ${running === 1 ? "runs" : "run"}`
    const flight = running === 0 ? "" : `, ${Math.floor(runningFor / MINUTE)} of them by ${jobs}`
    return `${Math.floor(ran / MINUTE)} of ${counted(most, "agent minute")} ${of} ${are(most)} used${flight}`
  })

/** The budget of a night, now. */
export interface NightBudget {
  /** How many more jobs may begin. */
  readonly left: number
  /** Why no more job may begin, with the figures; empty while one may. */
  readonly why: string
  /** Why a bug waits while jobs are left for others only. */
  readonly rest: string
  /** Each budget that is set, in words. */
  readonly words: ReadonlyArray<string>
}

/** No budget is set. */
export const NO_BUDGET: NightBudget = { left: Number.POSITIVE_INFINITY, why: "", rest: "", words: [] }

/** What the budget of a night is made of. */
export interface NightInput {
  /** Those that began in the night. */
  readonly attempts: ReadonlyArray<Attempt>
  /** Jobs that are about to begin, of which the journal does not know yet. */
  readonly reserved: number
  readonly limits: Limits
  readonly now: Moment
  /** When the night ends, in words: `12:00`. */
  readonly until: string
}

/**
 * What is left of a night's budget. What is in flight counts: a job that runs or may run, and the time it has run. So a budget is
 * exceeded only by jobs that had begun before it was spent, and `jobsPerNight` never.
 *
 * @example
 * nightBudget({ attempts, reserved: 0, limits, now, until: "12:00" }).why // "5 of 5 jobs of this night are begun; more from 12:00"
 */
export const nightBudget = ({ attempts, limits, now, reserved, until }: NightInput): NightBudget => {
  const known = spentBy(attempts, now, limits)
  const spent = { ...known, jobs: known.jobs + reserved, running: known.running + reserved }
  const of = "of this night"
  const jobs = jobsPart(limits.jobsPerNight, spent, of)
  const parts = [
    ...jobs,
    ...minutesPart(limits.agentMinutesPerNight, spent, of),
    ...part(limits.tokensPerNight, spent.tokens, (most) => {
      return `${grouped(spent.tokens)} of ${grouped(most)} tokens ${of} are used`
    }),
    ...part(limits.costPerNight, spent.cost, (most) => `${dollars(spent.cost)} of ${dollars(most)} ${of} are spent`)
  ]
  const over = parts.filter(({ isSpent }) => isSpent).map(({ words }) => words)
  const left = (limits.jobsPerNight ?? Number.POSITIVE_INFINITY) - spent.jobs
  return {
    left: over.length > 0 ? 0 : left,
    why: over.length > 0 ? [...over, `more from ${until}`].join("; ") : "",
    rest: [...jobs.map(({ words }) => words), "more urgent bugs come first"].join("; "),
    words: parts.map(({ words }) => words)
  }
}

/**
 * Why a bug gets no more job at its present task, with the figures; `undefined` if it may get one. `attempts`: those at the bug.
 * What was tried before a `retry`, or at an older task, does not count.
 */
export const bugBudgetSpent = (
  attempts: ReadonlyArray<Attempt>,
  digest: string,
  now: Moment,
  limits: Limits
): string | undefined => {
  if (limits.jobsPerBug === undefined && limits.agentMinutesPerBug === undefined) return undefined
  const counted = attempts.filter(
    (attempt) => attempt.digest === digest && !(attempt.phase === "settled" && attempt.cleared === true)
  )
  const spent = spentBy(counted, now, limits)
  const of = "for this task"
  const over = [
    ...jobsPart(limits.jobsPerBug, spent, of),
    ...minutesPart(limits.agentMinutesPerBug, spent, of)
  ].flatMap(({ isSpent, words }) => (isSpent ? [words] : []))
  return over.length === 0 ? undefined : over.join("; ")
}
