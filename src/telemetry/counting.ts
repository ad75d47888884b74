import type * as FileSystem from "@effect/platform/FileSystem"
import { Context, Effect, HashSet, Layer, Ref } from "effect"
import { eventSink } from "../domain/Events.ts"
import type { Exec } from "../exec/Exec.ts"
import { countOf, interrupted, NO_RUNS, type Count, type Runs } from "./eventCounts.ts"
import { observe } from "./effectMetrics.ts"
import { addCounts } from "./totalsFile.ts"

/** Writes down what this process has counted so far. By default nothing counts. */
export class Counting extends Context.Reference<Counting>()("nightly-dispatch/Counting", {
  defaultValue: (): { readonly flush: Effect.Effect<void> } => ({ flush: Effect.void })
}) {}

/** An event sink that passes on what each event counts for. */
const countsOf = (
  providers: ReadonlyArray<string>,
  runs: Ref.Ref<Runs>,
  add: (count: Count) => Effect.Effect<void>
): Layer.Layer<never> => {
  const names = new Set(providers)
  return eventSink(({ event }) =>
    Effect.flatMap(
      Ref.modify(runs, (before) => countOf(event, before, names)),
      (count) => (count === undefined ? Effect.void : add(count))
    )
  )
}

/**
 * Effect's metrics of this process, from its events: for a program that exports them itself. `providers`: the names that may be
 * labels. Writes nothing.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(eventMetrics(["opencode"])), Effect.provide(otlp))
 */
export const eventMetrics = (providers: ReadonlyArray<string>): Layer.Layer<never> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const [runs, told] = [yield* Ref.make(NO_RUNS), yield* Ref.make(HashSet.empty<string>())]
      return countsOf(providers, runs, (count) =>
        Ref.modify(told, (before) => [
          count.once !== undefined && HashSet.has(before, count.once),
          count.once === undefined ? before : HashSet.add(before, count.once)
        ]).pipe(Effect.flatMap((isKnown) => (isKnown ? Effect.void : observe([count]))))
      )
    })
  )

/**
 * Counts the events of this process, from now on until the scope closes, with those of earlier processes of this state directory.
 * The same counts are Effect's metrics of this process. `providers`: the names that may be labels.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(counting("/state", ["opencode"])))
 */
export const counting = (
  directory: string,
  providers: ReadonlyArray<string>
): Layer.Layer<never, never, Exec | FileSystem.FileSystem> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const runs = yield* Ref.make(NO_RUNS)
      const pending = yield* Ref.make<ReadonlyArray<Count>>([])
      const context = yield* Effect.context<Exec | FileSystem.FileSystem>()
      const flush = Ref.getAndSet(pending, []).pipe(
        Effect.flatMap((counts) => addCounts(directory, counts)),
        Effect.flatMap(observe),
        Effect.provide(context),
        Effect.uninterruptible
      )
      const add = (counts: ReadonlyArray<Count>) => Ref.update(pending, (before) => [...before, ...counts])
      yield* Effect.addFinalizer(() =>
        Effect.zipRight(
          Effect.flatMap(Ref.get(runs), (left) => add(interrupted(left))),
          flush
        )
      )
      const sink = countsOf(providers, runs, (count) => add([count]))
      return Layer.merge(sink, Layer.succeed(Counting, { flush }))
    })
  )
