import { Effect, Layer } from "effect"
import { Failed, Planned } from "../domain/Outcome.ts"
import { selectProvider } from "./chain.ts"
import { Dispatcher } from "./Dispatcher.ts"

/** Says which provider would get the bug. Claims, writes and starts nothing. */
export const layer: Layer.Layer<Dispatcher> = Layer.succeed(Dispatcher, {
  dry: true,
  settle: Effect.succeed(0),
  dispatch: (issue, { pool }) =>
    selectProvider(pool).pipe(
      Effect.map((provider) => new Planned({ beads: issue.id, provider: provider.name, title: issue.title })),
      Effect.catchAll((error) =>
        Effect.succeed(
          new Failed({
            beads: issue.id,
            code: error.code,
            blame: error.blame,
            error: error.message,
            durationMs: 0,
            passedOver: error._tag === "ProviderUnavailable" ? error.attempts : []
          })
        )
      )
    )
})
