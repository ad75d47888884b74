import { Clock, Effect } from "effect"
import { localZone } from "../../domain/localZone.ts"
import { pauseInWords } from "../../domain/Pause.ts"
import { RunPaused } from "../../domain/RunEnd.ts"
import { Journal } from "../../journal/Journal.ts"

/** The pause that is in force now, and its words; `undefined` if nothing is paused. */
const pausedNow = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  const pause = yield* journal.paused
  return pause && { pause, words: pauseInWords(pause, { now, zone: localZone }) }
})

/** What a run comes to that only settles, because dispatching is paused, which is logged; `undefined` if it is not. */
export const pausedResult = pausedNow.pipe(
  Effect.tap((paused) => (paused ? Effect.logInfo(`nothing is dispatched: ${paused.words}`) : Effect.void)),
  Effect.map(
    (paused) =>
      paused && {
        paused: paused.pause,
        noneTaken: paused.words,
        end: { _tag: "paused", error: new RunPaused({ pause: paused.pause }) } as const
      }
  ),
  Effect.withSpan("run.paused")
)

/** Why the run begins no more bugs: a person paused dispatching, or the journal cannot be read; `undefined` if it may go on. */
export const whyPaused = Effect.match(pausedNow, {
  onFailure: ({ message }) => `whether dispatching is paused cannot be told: ${message}`,
  onSuccess: (paused) => paused?.words
})
