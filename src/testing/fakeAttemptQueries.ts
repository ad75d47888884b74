import { Array, Effect, Order } from "effect"
import { endedJobOf, factsOf, leavesWork } from "../journal/facts.ts"
import { RECENT_ATTEMPTS, type AttemptFacts, type JournalQueries, type Window } from "../journal/JournalQueries.ts"
import type { makeDecisions } from "./fakeDecisions.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"
import { isIn } from "./fakeRunQueries.ts"
import type { makeSteps } from "./fakeSteps.ts"

const byChange = Order.mapInput(Order.number, ({ changed }: AttemptFacts) => changed)

/** The queries about attempts on a journal in memory. */
export const attemptQueries = (
  { select }: Pick<Effect.Effect.Success<ReturnType<typeof makeAttempts>>, "select">,
  { all: decided }: Pick<Effect.Effect.Success<ReturnType<typeof makeDecisions>>, "all">,
  steps: Pick<Effect.Effect.Success<ReturnType<typeof makeSteps>>, "of">
): Pick<
  JournalQueries["Type"],
  "ended" | "endedJobs" | "open" | "attemptsOf" | "waiting" | "steps" | "bugs" | "decisions"
> => {
  const facts = Effect.zipWith(
    select(() => true),
    decided,
    (attempts, decisions) =>
      attempts.map((attempt) =>
        factsOf(
          attempt,
          decisions.find(({ actor }) => actor === attempt.actor)
        )
      )
  )
  const where = (wanted: (each: AttemptFacts, all: ReadonlyArray<AttemptFacts>) => boolean) =>
    Effect.map(facts, (all) => all.filter((each) => wanted(each, all)))
  const isLast = ({ actor, beads }: AttemptFacts, all: ReadonlyArray<AttemptFacts>) =>
    all.findLast((each) => each.beads === beads)?.actor === actor
  const ended = (window: Window) =>
    Effect.map(
      where(({ changed, hadJob, phase }) => hadJob && phase === "settled" && isIn(window, changed)),
      Array.sort(byChange)
    )
  return {
    ended,
    endedJobs: (window) => Effect.map(ended(window), (all) => all.flatMap((each) => endedJobOf(each) ?? [])),
    open: where(({ phase }) => phase !== "settled"),
    attemptsOf: (beads) => where((each) => each.beads === beads),
    waiting: (window) =>
      Effect.map(
        where(
          (each, all) =>
            leavesWork(each) && each.decision === undefined && isIn(window, each.changed) && isLast(each, all)
        ),
        Array.sort(byChange)
      ),
    steps: (actor) => steps.of(actor),
    bugs: Effect.map(facts, (all) => {
      const newest = Array.sort(all, byChange).slice(-RECENT_ATTEMPTS)
      return [...new Set(newest.map(({ beads }) => beads))].toSorted()
    }),
    decisions: (window) =>
      Effect.map(decided, (all) => all.filter(({ at }) => isIn(window, at)).toSorted((a, b) => a.at - b.at))
  }
}
