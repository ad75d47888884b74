import { Effect } from "effect"
import type { JournalQueries } from "../journal/JournalQueries.ts"
import { attemptQueries } from "./fakeAttemptQueries.ts"
import type { makeDecisions } from "./fakeDecisions.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"
import { runQueries } from "./fakeRunQueries.ts"
import type { makeRuns } from "./fakeRuns.ts"
import type { makeShadows } from "./fakeShadows.ts"
import type { makeSteps } from "./fakeSteps.ts"
import { makeControls, type Fault } from "./faults.ts"

type Queries = JournalQueries["Type"]

/** The memory that the queries read. */
interface Memory {
  readonly attempts: Pick<Effect.Effect.Success<ReturnType<typeof makeAttempts>>, "select">
  readonly decisions: Pick<Effect.Effect.Success<ReturnType<typeof makeDecisions>>, "all">
  readonly runs: Pick<Effect.Effect.Success<ReturnType<typeof makeRuns>>, "all">
  readonly shadows: Pick<Effect.Effect.Success<ReturnType<typeof makeShadows>>, "query">
  readonly steps: Pick<Effect.Effect.Success<ReturnType<typeof makeSteps>>, "of">
}

/** `JournalQueries` on a journal in memory. */
export const makeQueries = Effect.fnUntraced(function* (
  { attempts, decisions, runs, shadows, steps }: Memory,
  faults: ReadonlyArray<Fault<Queries>> = []
) {
  const { call, controls } = yield* makeControls<Queries>("JournalQueries", faults)
  const about = { ...runQueries(runs), ...attemptQueries(attempts, decisions, steps) }
  const service: Queries = {
    runs: (which) => about.runs(which).pipe(call("runs", undefined, [which])),
    ended: (window) => about.ended(window).pipe(call("ended", undefined, [window])),
    endedJobs: (window) => about.endedJobs(window).pipe(call("endedJobs", undefined, [window])),
    open: about.open.pipe(call("open", undefined, [])),
    attemptsOf: (beads) => about.attemptsOf(beads).pipe(call("attemptsOf", beads, [beads])),
    waiting: (window) => about.waiting(window).pipe(call("waiting", undefined, [window])),
    steps: (actor) => about.steps(actor).pipe(call("steps", actor, [actor])),
    outcomesOf: (beads, last) => about.outcomesOf(beads, last).pipe(call("outcomesOf", beads, [beads, last])),
    unchanged: about.unchanged.pipe(call("unchanged", undefined, [])),
    checks: about.checks.pipe(call("checks", undefined, [])),
    refusals: (window) => about.refusals(window).pipe(call("refusals", undefined, [window])),
    fallbacks: (window) => about.fallbacks(window).pipe(call("fallbacks", undefined, [window])),
    bugs: about.bugs.pipe(call("bugs", undefined, [])),
    decisions: (window) => about.decisions(window).pipe(call("decisions", undefined, [window])),
    shadows: (which) => shadows.query(which).pipe(call("shadows", undefined, [which]))
  }
  return { service, controls }
})
