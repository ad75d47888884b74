import { Effect, Exit, Ref } from "effect"
import type { Moment } from "../domain/BootClock.ts"
import type { Event } from "../domain/Event.ts"
import { emit, eventSink } from "../domain/Events.ts"
import { withinGraceIfInterrupted } from "../domain/interruption.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { NOTHING_DONE, toReport, type RunResult } from "./runResult.ts"

/** The result so far, after this event. */
const after = (result: RunResult, event: Event): RunResult => {
  switch (event._tag) {
    case "PlanMade":
      return { ...result, chosen: event.chosen.length }
    case "Dispatched":
    case "Failed":
    case "Skipped":
    case "Planned":
      return { ...result, outcomes: [...result.outcomes, event] }
    case "JobEnded":
      return { ...result, ended: [...result.ended, event.job] }
    default:
      return result
  }
}

/**
 * Emits `RunEnded` for a run that is interrupted, after its rollback: the effect itself returns no report then. The report has the
 * bugs and jobs that the run's events told of; what no event tells is as in a run that did nothing.
 */
export const tellInterruption =
  (options: RunOptions, begin: Moment) =>
  <A, E, R>(run: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const result = yield* Ref.make(NOTHING_DONE)
      const noted = eventSink(({ event }) => Ref.update(result, (before) => after(before, event)))
      const tell = Effect.gen(function* () {
        const report = yield* toReport(options, begin, { ...(yield* Ref.get(result)), end: { _tag: "interrupted" } })
        yield* emit({ _tag: "RunEnded", report })
      })
      return yield* run.pipe(
        Effect.provide(noted),
        Effect.onExit((exit) => (Exit.isInterrupted(exit) ? withinGraceIfInterrupted(exit)(tell) : Effect.void))
      )
    })
