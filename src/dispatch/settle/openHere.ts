import { Effect } from "effect"
import { isCopiedAttempt, isOfMarks } from "../../domain/Actor.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { ensureWatcher } from "../../domain/Watching.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { belongsHere } from "./belongsHere.ts"

/** The open attempts that can be brought to their end from here: no copied ones, and none of another tracker, repository or host. */
export const openHere = Effect.fn("openHere")(function* ({
  repository
}: Pick<RunOptions, "repository">): Effect.fn.Return<ReadonlyArray<Attempt>, JournalFailed, Journal> {
  const { identity, open } = yield* Journal
  const others = yield* Effect.flatMap(Fleet, (fleet) => fleet.others)
  const here = { repository, trackers: identity.trackers }
  return (yield* open).filter(
    (attempt) =>
      !isCopiedAttempt(identity, attempt.actor) && !isOfMarks(others, attempt.actor) && belongsHere(attempt, here)
  )
})

/** The bugs at which other hosts that share the journal have open attempts. Their jobs take no place of this host. */
export const openElsewhere: Effect.Effect<ReadonlySet<BeadsId>, JournalFailed, Journal> = Effect.gen(function* () {
  const others = yield* Effect.flatMap(Fleet, (fleet) => fleet.others)
  if (others.size === 0) return new Set()
  const { open } = yield* Journal
  return new Set((yield* open).flatMap(({ actor, beads }) => (isOfMarks(others, actor) ? [beads] : [])))
})

/** Sees to it that a watcher lives if there is something for it to do. */
export const watchOpen = (options: Pick<RunOptions, "repository">): Effect.Effect<void, JournalFailed, Journal> =>
  Effect.flatMap(openHere(options), (open) => (open.length > 0 ? ensureWatcher : Effect.void))
