import { Effect, Exit } from "effect"
import type { Moment } from "../domain/BootClock.ts"
import type { Event } from "../domain/Event.ts"
import { emit, eventSink } from "../domain/Events.ts"
import { withinGraceIfInterrupted } from "../domain/interruption.ts"
import { Dispatched, Failed, Planned, Skipped, type Outcome } from "../domain/Outcome.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { NOTHING_DONE, toReport, type RunResult } from "./runResult.ts"

const isOutcome = (event: Event): event is Outcome =>
  event instanceof Dispatched || event instanceof Failed || event instanceof Skipped || event instanceof Planned

/** What these events tell of a run's result. */
const resultOf = (events: ReadonlyArray<Event>): RunResult => ({
  ...NOTHING_DONE,
  chosen: events.findLast((event) => event._tag === "PlanMade")?.chosen.length ?? NOTHING_DONE.chosen,
  outcomes: events.filter(isOutcome),
  ended: events.flatMap((event) => (event._tag === "JobEnded" ? [event.job] : []))
})

/**
 * Emits `RunEnded` for a run that is interrupted, after its rollback: the effect itself returns no report then. The report has the
 * bugs and jobs that the run's events told of; what no event tells is as in a run that did nothing.
 */
export const tellInterruption =
  (options: RunOptions, begin: Moment) =>
  <A, E, R>(run: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      // A list to add to: a large tracker has an event for each skipped bug.
      const events: Array<Event> = []
      const noted = eventSink(({ event }) => Effect.sync(() => events.push(event)))
      const tell = Effect.gen(function* () {
        const report = yield* toReport(options, begin, { ...resultOf(events), end: { _tag: "interrupted" } })
        yield* emit({ _tag: "RunEnded", report })
      })
      return yield* run.pipe(
        Effect.provide(noted),
        Effect.onExit((exit) => (Exit.isInterrupted(exit) ? withinGraceIfInterrupted(exit)(tell) : Effect.void))
      )
    })
