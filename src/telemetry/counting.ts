import type * as FileSystem from "@effect/platform/FileSystem"
import { Context, Effect, Layer, Ref } from "effect"
import { eventSink } from "../domain/Events.ts"
import type { Exec } from "../exec/Exec.ts"
import { countOf, interrupted, NO_RUNS, type Count } from "./eventCounts.ts"
import { observe } from "./effectMetrics.ts"
import { addCounts } from "./totalsFile.ts"

/** Writes down what this process has counted so far. By default nothing counts. */
export class Counting extends Context.Reference<Counting>()("nightly-dispatch/Counting", {
  defaultValue: (): { readonly flush: Effect.Effect<void> } => ({ flush: Effect.void })
}) {}

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
): Layer.Layer<never, never, Exec | FileSystem.FileSystem> => {
  const names = new Set(providers)
  return Layer.unwrapScoped(
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
      const sink = eventSink(({ event }) =>
        Effect.flatMap(
          Ref.modify(runs, (before) => countOf(event, before, names)),
          (count) => (count === undefined ? Effect.void : add([count]))
        )
      )
      return Layer.merge(sink, Layer.succeed(Counting, { flush }))
    })
  )
}
