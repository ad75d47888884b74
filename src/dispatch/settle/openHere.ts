import { Effect } from "effect"
import { isCopiedAttempt } from "../../domain/Actor.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { ensureWatcher } from "../../domain/Watching.ts"
import { Journal } from "../../journal/Journal.ts"
import { belongsHere } from "./belongsHere.ts"

/** The open attempts that can be brought to their end from here: no copied ones, and none of another tracker or repository. */
export const openHere = Effect.fn("openHere")(function* ({
  repository
}: Pick<RunOptions, "repository">): Effect.fn.Return<ReadonlyArray<Attempt>, JournalFailed, Journal> {
  const { identity, open } = yield* Journal
  const here = { repository, trackers: identity.trackers }
  return (yield* open).filter((attempt) => !isCopiedAttempt(identity, attempt.actor) && belongsHere(attempt, here))
})

/** Sees to it that a watcher lives if there is something for it to do. */
export const watchOpen = (options: Pick<RunOptions, "repository">): Effect.Effect<void, JournalFailed, Journal> =>
  Effect.flatMap(openHere(options), (open) => (open.length > 0 ? ensureWatcher : Effect.void))
