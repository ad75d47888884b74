import { usageOfAll } from "../../domain/Usage.ts"
import type { Night } from "../../domain/night.ts"
import type { AttemptFacts, RunFacts } from "../../journal/JournalQueries.ts"
import { isEnded, isGood } from "./endFigures.ts"
import { nightsIn, placeOf } from "./nights.ts"
import type { ReportInput } from "./reportInput.ts"
import type { NightFigures } from "./reportSchema.ts"

/** A night with what belongs to it. */
export interface NightFacts extends Night {
  readonly runs: ReadonlyArray<RunFacts>
  /** The settled attempts that began in it. */
  readonly ended: ReadonlyArray<AttemptFacts>
}

/**
 * The window's nights, oldest first, each with the runs and attempts that began in it. What began before the window and ended
 * in it is taken to the first night.
 */
export const nightFacts = (
  input: Pick<ReportInput, "since" | "until" | "zone" | "runs" | "ended">
): ReadonlyArray<NightFacts> => {
  const nights = nightsIn(input, input.zone)
  const facts = nights.map((night) => ({ ...night, runs: new Array<RunFacts>(), ended: new Array<AttemptFacts>() }))
  for (const run of input.runs) facts[placeOf(nights, run.began)]?.runs.push(run)
  for (const attempt of input.ended) facts[placeOf(nights, attempt.began)]?.ended.push(attempt)
  return facts
}

/** The last night with a run, and the one with a run before; each `undefined` if there is none. */
export const lastNights = (
  nights: ReadonlyArray<NightFacts>
): { readonly last: NightFacts | undefined; readonly before: NightFacts | undefined } => {
  const [before, last] = [undefined, undefined, ...nights.filter(({ runs }) => runs.length > 0)].slice(-2)
  return { last, before }
}

const sum = <A>(values: ReadonlyArray<A>, of: (value: A) => number): number =>
  values.reduce((all, value) => all + of(value), 0)

/** `missed`: when runs were due that did not come. */
export const nightFigures = (
  { date, ended: all, from, runs, until }: NightFacts,
  missed: ReadonlyArray<number>
): NightFigures => {
  const ended = all.filter(isEnded)
  const good = ended.filter(isGood).length
  const usages = ended.flatMap(({ usage }) => usage ?? [])
  return {
    date,
    from,
    until,
    runs: runs.length,
    badRuns: runs.filter(({ exit }) => exit !== undefined && exit !== 0).length,
    missed: missed.filter((tick) => tick >= from && tick < until).length,
    dispatched: sum(runs, ({ dispatched }) => dispatched),
    undispatched: sum(runs, ({ failed }) => failed),
    good,
    failed: ended.length - good,
    stalled: ended.filter(({ end }) => end === "stalled").length,
    usage: usageOfAll(usages),
    usageOf: usages.length
  }
}
