import { Duration, Effect } from "effect"
import { withinLimit } from "../domain/interruption.ts"
import { CurrentSettings, type Settings } from "../domain/Settings.ts"
import type { AnswerOf, ArgsOf, ErrorOf, Method } from "./faults.ts"

/** How long a method of the real layer may take, and how the call ends then. */
export interface TimeLimit<S, M extends Method<S>> {
  readonly time: (timeouts: Settings["timeouts"]) => Duration.DurationInput
  readonly late: (time: Duration.Duration, args: ArgsOf<S, M>) => Effect.Effect<AnswerOf<S, M>, ErrorOf<S, M>>
}

/** The limits of a service. A method without one has none in the real layer. */
export type TimeLimits<S> = { readonly [M in Method<S>]?: TimeLimit<S, M> }

/** What a call says that was cut off. */
export const noAnswer = (time: Duration.Duration): string => `no answer within ${Duration.format(time)}`

/** Runs a call for at most its limit, by the settings in force where it is called. */
export const withinTimeLimit =
  <S, M extends Method<S>>({ late, time }: TimeLimit<S, M>, args: ArgsOf<S, M>) =>
  <R>(call: Effect.Effect<AnswerOf<S, M>, ErrorOf<S, M>, R>): Effect.Effect<AnswerOf<S, M>, ErrorOf<S, M>, R> =>
    Effect.flatMap(CurrentSettings, ({ timeouts }) => {
      const limit = Duration.decode(time(timeouts))
      return withinLimit(call, limit, () => late(limit, args))
    })
