import { Array, Effect, Order, Struct } from "effect"
import { Skipped, WAITS_FOR_A_RUN, type Outcome, type SkipReason } from "../domain/Outcome.ts"
import type {
  CheckFacts,
  JournalQueries,
  OutcomeFacts,
  RefusalFacts,
  RunFacts,
  UnchangedFacts,
  Window
} from "../journal/JournalQueries.ts"
import type { FakeRun, makeRuns } from "./fakeRuns.ts"

/** Whether the time is in the window. */
export const isIn = ({ since, until }: Window, at: number): boolean =>
  at >= since && (until === undefined || at < until)

const runFactsOf = ({ began, ended, host, report, run }: FakeRun): RunFacts => ({
  run,
  host,
  began,
  ended,
  end: report?.end._tag,
  exit: report?.exit,
  fetched: report?.fetched ?? 0,
  dispatched: report?.dispatched ?? 0,
  failed: report?.failed ?? 0,
  error: report?.error
})

const runsIn = (window: Window) => (runs: ReadonlyArray<FakeRun>) => runs.filter(({ began }) => isIn(window, began))

interface Found extends OutcomeFacts {
  /** The place of its last run among all runs. */
  readonly last: number
}

/** The outcomes of one bug. A skip lasts until a run that skips bugs does not skip it for the same reason. */
const outcomesOf = (runs: ReadonlyArray<FakeRun>, beads: string): ReadonlyArray<Found> => {
  const found: Array<Found> = []
  const open = new Map<string, number>()
  for (const [last, { began, report, run }] of runs.entries()) {
    const keyed = (report?.outcomes ?? []).map((outcome: Outcome) => ({ key: JSON.stringify(outcome), outcome }))
    const skips = new Set(keyed.flatMap(({ key, outcome }) => (outcome._tag === "Skipped" ? [key] : [])))
    if (skips.size > 0) for (const key of open.keys()) if (!skips.has(key)) open.delete(key)
    for (const { key, outcome } of keyed.filter(({ outcome }) => outcome.beads === beads)) {
      const place = open.get(key)
      const earlier = place === undefined ? undefined : found[place]
      if (place !== undefined && earlier !== undefined) found[place] = { ...earlier, lastAt: began, last }
      else {
        if (outcome._tag === "Skipped") open.set(key, found.length)
        found.push({ run, at: began, lastAt: began, outcome, last })
      }
    }
  }
  return found
}

const isSame = (a: SkipReason, b: SkipReason): boolean => a === b || (WAITS_FOR_A_RUN.has(a) && WAITS_FOR_A_RUN.has(b))

const unchangedIn = (runs: ReadonlyArray<FakeRun>): ReadonlyArray<UnchangedFacts> => {
  const looked = runs
    .map(({ began, report }) => ({ began, skips: (report?.outcomes ?? []).filter((each) => each instanceof Skipped) }))
    .filter(({ skips }) => skips.length > 0)
    .toReversed()
  const bugs = new Map(looked[0]?.skips.map((each) => [`${each.beads} ${each.reason}`, each]))
  return [...bugs.values()]
    .map(({ beads, detail, reason }) => {
      const same = Array.takeWhile(looked, ({ skips }) =>
        skips.some((each) => each.beads === beads && isSame(reason, each.reason))
      )
      return { beads, reason, detail, since: same.at(-1)?.began ?? 0, runs: same.length }
    })
    .toSorted(Order.mapInput(Order.string, ({ beads, reason }) => `${beads} ${reason}`))
}

const checksOf = (runs: ReadonlyArray<FakeRun>): ReadonlyArray<CheckFacts> =>
  runs.flatMap(({ began, report, run }) => (report?.providers ?? []).map((check) => ({ run, at: began, check })))

const byFrequency = Order.combineAll<RefusalFacts>([
  Order.mapInput(Order.string, ({ provider }) => provider),
  Order.mapInput(Order.reverse(Order.number), ({ runs }) => runs),
  Order.mapInput(Order.string, ({ detail }) => detail)
])

/** The queries about runs on a journal in memory. */
export const runQueries = ({
  all
}: Pick<Effect.Effect.Success<ReturnType<typeof makeRuns>>, "all">): Pick<
  JournalQueries["Type"],
  "runs" | "outcomesOf" | "unchanged" | "checks" | "refusals" | "fallbacks"
> => ({
  runs: (which) =>
    Effect.map(all, (runs) => {
      const newest = runs.toReversed()
      return ("last" in which ? newest.slice(0, which.last) : runsIn(which)(newest)).map(runFactsOf)
    }),
  outcomesOf: (beads, last) =>
    Effect.map(all, (runs) =>
      outcomesOf(runs, beads)
        .toSorted((a, b) => b.last - a.last)
        .slice(0, last)
        .map((each) => Struct.omit(each, "last"))
    ),
  unchanged: Effect.map(all, unchangedIn),
  checks: Effect.map(all, (runs) =>
    [...new Map(checksOf(runs).map((each) => [each.check.provider, each])).values()].toSorted(
      Order.mapInput(Order.string, ({ check }) => check.provider)
    )
  ),
  refusals: (window) =>
    Effect.map(all, (runs) => {
      const refused = checksOf(runsIn(window)(runs)).filter(({ check }) => !check.available)
      return Object.values(Array.groupBy(refused, ({ check }) => `${check.provider} ${check.detail}`))
        .map((each) => ({ provider: each[0].check.provider, detail: each[0].check.detail, runs: each.length }))
        .toSorted(byFrequency)
    }),
  fallbacks: (window) =>
    Effect.map(all, (runs) => {
      const taken = runsIn(window)(runs)
        .flatMap(({ report }) => report?.outcomes ?? [])
        .flatMap((each) => (each._tag === "Dispatched" && each.passedOver.length > 0 ? [each] : []))
      const byProvider = Object.values(Array.groupBy(taken, ({ provider }) => provider))
      return new Map(byProvider.map((each) => [each[0].provider, each.length]))
    })
})
