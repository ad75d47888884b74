import { Context, Effect } from "effect"

/**
 * Whether a run can write where it must, and has the free space that it needs. `lacking` is the first shortage in words, or
 * `undefined`. The default has no shortage.
 *
 * @example
 * Layer.succeed(Room, { lacking: Effect.succeed("the backup disk is not mounted") }) // no run dispatches
 */
export class Room extends Context.Reference<Room>()("nightly-dispatch/Room", {
  defaultValue: (): { readonly lacking: Effect.Effect<string | undefined> } => ({
    lacking: Effect.sync(() => undefined)
  })
}) {}
