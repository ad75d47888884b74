import { Context, Effect } from "effect"

/**
 * Whether the host has the free space that a run needs. `lacking` is the first shortage in words, or `undefined`. The
 * default has no shortage.
 */
export class Room extends Context.Reference<Room>()("nightly-dispatch/Room", {
  defaultValue: (): { readonly lacking: Effect.Effect<string | undefined> } => ({
    lacking: Effect.sync(() => undefined)
  })
}) {}
