import { Effect, Layer } from "effect"
import { Planned, unsuccessful } from "../../domain/Outcome.ts"
import { selectProvider } from "../providers/chain.ts"
import { Dispatcher } from "./Dispatcher.ts"

/**
 * A `Dispatcher` that names the provider that would get the bug. Claims, writes and starts nothing.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(DryRun.layer))
 */
export const layer: Layer.Layer<Dispatcher> = Layer.succeed(Dispatcher, {
  dry: true,
  dispatch: (issue, { pool }) =>
    Effect.match(selectProvider(pool), {
      onSuccess: ({ name }) => new Planned({ beads: issue.id, provider: name, title: issue.title }),
      onFailure: (error) => unsuccessful(issue.id, error)
    })
})
