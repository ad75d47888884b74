import { Clock, Duration, Effect, Option, Ref } from "effect"
import { outcomeEvent, type LogEvent } from "../domain/Event.ts"
import { stopsRun } from "../domain/Failure.ts"
import type { Issue } from "../domain/Issue.ts"
import { Failed, Skipped, type Outcome } from "../domain/Outcome.ts"
import { CurrentSettings, longestDispatch } from "../domain/Settings.ts"
import { Dispatcher, type RunContext } from "./attempt/Dispatcher.ts"

/** One outcome, as a line of the log. */
export const announce = Effect.fn("announce")(function* (outcome: Outcome) {
  const event: LogEvent = outcomeEvent(outcome)
  yield* outcome._tag === "Failed" ? Effect.logError(event) : Effect.logInfo(event)
  return outcome
})

/** The run's window closed in the middle of this dispatch, which was put back. */
const overTime = (issue: Issue): Outcome =>
  new Failed({
    beads: issue.id,
    code: "timeout",
    blame: "host",
    error: "the run's time was over; everything was put back",
    durationMs: 0,
    passedOver: []
  })

/** Dispatches the chosen bugs, a few at a time, until one of them shows that the next would fail the same way. */
export const dispatchAll = Effect.fn("dispatchAll")(function* (
  chosen: ReadonlyArray<Issue>,
  context: RunContext,
  parallel: number,
  deadline: number
) {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const stopped = yield* Ref.make(Option.none<string>())
  const leave = (issue: Issue, detail: string) => new Skipped({ beads: issue.id, reason: "run_stopped", detail })
  const one = Effect.fn("dispatchOne")(function* (issue: Issue): Effect.fn.Return<Outcome> {
    const stop = yield* Ref.get(stopped)
    if (Option.isSome(stop)) return leave(issue, stop.value)
    const left = deadline - (yield* Clock.currentTimeMillis)
    if (Duration.toMillis(longestDispatch(settings.timeouts)) > left) {
      return leave(issue, "what is left of timeouts.run cannot hold another dispatch")
    }
    const outcome = yield* Effect.timeoutTo(dispatcher.dispatch(issue, context), {
      duration: Duration.millis(left),
      onSuccess: (outcome): Outcome => outcome,
      onTimeout: () => overTime(issue)
    })
    if (outcome._tag === "Failed" && stopsRun(outcome)) yield* Ref.set(stopped, Option.some(outcome.error))
    return outcome
  })
  return yield* Effect.forEach(chosen, (issue) => Effect.flatMap(one(issue), announce), { concurrency: parallel })
})
