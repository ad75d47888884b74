import { Context, Effect } from "effect"

const ENOUGH: Effect.Effect<string | undefined> = Effect.sync(() => undefined)

/**
 * Whether the host has the room that a run needs. Says what is lacking, in words for a person, or nothing. By default there
 * is enough.
 */
export class Room extends Context.Reference<Room>()("nightly-dispatch/Room", {
  defaultValue: (): { readonly lacking: Effect.Effect<string | undefined> } => ({ lacking: ENOUGH })
}) {}
