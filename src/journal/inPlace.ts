import { Effect } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { inodeAt } from "../exec/inode.ts"
import { journalFailures } from "./failures.ts"
import type { Journal } from "./Journal.ts"
import type { Outbox } from "./Outbox.ts"

/**
 * Fails if the file at this path is no longer the one with this inode: SQLite would write on into a file that was removed, and
 * another run could take a lock beside ours. Fails as well if the path cannot be read.
 */
export const requireInPlace = Effect.fn("journal.inPlace")(function* (
  file: string,
  inode: string
): Effect.fn.Return<void, JournalFailed> {
  const failures = journalFailures(file)
  const now = yield* Effect.mapError(inodeAt(file), failures.of)
  if (now === inode) return
  return yield* failures.replaced(now === undefined ? "it is gone" : "another file is in its place")
})

type Writes = Pick<
  Journal["Type"],
  | "begin"
  | "end"
  | "shadow"
  | "intend"
  | "advance"
  | "reopen"
  | "clear"
  | "decide"
  | "pause"
  | "resume"
  | "notice"
  | "prune"
>

/**
 * The methods that write, each after this check. A run claims only after `intend` and starts a job only after `advance`, so a
 * run whose state directory was replaced does neither.
 */
export const writesAfter = (check: Effect.Effect<void, JournalFailed>, writes: Writes): Writes => ({
  begin: (run) => Effect.zipRight(check, writes.begin(run)),
  end: (report) => Effect.zipRight(check, writes.end(report)),
  shadow: (shadow, keptSince) => Effect.zipRight(check, writes.shadow(shadow, keptSince)),
  intend: (intent) => Effect.zipRight(check, writes.intend(intent)),
  advance: (actor, step) => Effect.zipRight(check, writes.advance(actor, step)),
  reopen: (actor) => Effect.zipRight(check, writes.reopen(actor)),
  clear: (beads, note) => Effect.zipRight(check, writes.clear(beads, note)),
  decide: (decision) => Effect.zipRight(check, writes.decide(decision)),
  pause: (pause) => Effect.zipRight(check, writes.pause(pause)),
  resume: (by, covers) => Effect.zipRight(check, writes.resume(by, covers)),
  notice: (alert) => Effect.zipRight(check, writes.notice(alert)),
  prune: (cut) => Effect.zipRight(check, writes.prune(cut))
})

type OutboxWrites = Pick<Outbox["Type"], "compare" | "take" | "sent" | "notSent">

/** The methods of the outbox that write, each after this check. */
export const outboxWritesAfter = (check: Effect.Effect<void, JournalFailed>, writes: OutboxWrites): OutboxWrites => ({
  compare: (channels, decide) => Effect.zipRight(check, writes.compare(channels, decide)),
  take: (channel) => Effect.zipRight(check, writes.take(channel)),
  sent: (taken) => Effect.zipRight(check, writes.sent(taken)),
  notSent: (taken, why) => Effect.zipRight(check, writes.notSent(taken, why))
})
