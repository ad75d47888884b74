import { Clock, Duration, Effect, Either, Option } from "effect"
import { isCopiedAttempt } from "../../domain/Actor.ts"
import { WorkspaceFailed, type JournalFailed } from "../../domain/Failure.ts"
import type { PushedWork } from "../../domain/PushedWork.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries, type AttemptFacts } from "../../journal/JournalQueries.ts"
import { JOB_PATIENCE } from "../../journal/locking.ts"
import { KeptWork } from "../../workspace/KeptWork.ts"
import type { Part } from "./settleEarlier.ts"

/** A run waits this long for the lock that a push holds, and needs some of it for itself. */
const LIMIT = Duration.times(JOB_PATIENCE, 0.5)

/** Its branch is not on this remote yet. */
const isUnpushed = ({ pushed }: AttemptFacts, remote: string): boolean =>
  pushed?._tag !== "Pushed" || pushed.remote !== remote

/** The commit that we pushed last for this branch. */
const pushedBefore = (attempts: ReadonlyArray<AttemptFacts>, remote: string, branch: string) =>
  attempts
    .flatMap(({ pushed }) => (pushed?._tag === "Pushed" ? [pushed] : []))
    .findLast((each) => each.remote === remote && each.branch === branch)?.commit

const noAnswer = () =>
  new WorkspaceFailed({ detail: `no answer within ${Duration.format(LIMIT)}`, kind: "timeout", blame: "host" })

/** Pushes one branch. Gives what the journal is told; `undefined` if this host has no such branch. */
const pushOne = Effect.fn("settle.pushOne")(function* (
  work: KeptWork["Type"],
  { repository: clone, worktree }: AttemptFacts,
  branch: string,
  remote: string,
  ours: string | undefined
): Effect.fn.Return<PushedWork | undefined> {
  const tried = yield* work
    .publish({ clone, branch, worktree }, remote, ours)
    .pipe(Effect.timeoutFail({ duration: LIMIT, onTimeout: noAnswer }), Effect.either)
  const where = { remote, branch, at: yield* Clock.currentTimeMillis }
  if (Either.isLeft(tried)) return { _tag: "NotPushed", ...where, why: oneLine(tried.left.advice) }
  return tried.right === undefined ? undefined : { _tag: "Pushed", ...where, commit: tried.right }
})

const isNews = (before: PushedWork | undefined, now: PushedWork): boolean =>
  now._tag === "Pushed" || before?._tag !== "NotPushed" || before.why !== now.why || before.remote !== now.remote

/** Pushes the branch of one attempt, if its work still waits, and notes what became of it. Gives whether the remote can be used. */
const push = Effect.fn("settle.pushKept")(function* (
  work: KeptWork["Type"],
  queries: JournalQueries["Type"],
  { actor, beads }: AttemptFacts,
  remote: string
): Effect.fn.Return<boolean, JournalFailed, Journal> {
  const attempts = yield* queries.attemptsOf(beads)
  const now = attempts.findLast((each) => each.actor === actor)
  const branch = now?.branch
  if (now === undefined || branch === undefined || now.decision !== undefined || !isUnpushed(now, remote)) return true
  const found = yield* pushOne(work, now, branch, remote, pushedBefore(attempts, remote, branch))
  if (found === undefined) return true
  if (isNews(now.pushed, found)) {
    yield* Effect.flatMap(Journal, (journal) => journal.advance(actor, { _tag: "PushTried", pushed: found }))
  }
  yield* found._tag === "Pushed"
    ? Effect.logInfo(`${beads}: ${branch} is pushed to ${remote}`)
    : Effect.logWarning(`${beads}: ${branch} is not pushed to ${remote}, the next settle tries again: ${found.why}`)
  return found._tag === "Pushed"
})

/**
 * Pushes the branches of work that waits for review to the remote of `workspace.push`, each under the run lock. Called when every
 * claim is released. Never fails: what cannot be pushed is a warning, and is tried again by the next settle. One push that fails
 * ends it if others would wait as long.
 */
export const pushKept = Effect.fn("settle.push")(
  function* ({ repository }: RunOptions, part: Part): Effect.fn.Return<void, JournalFailed, Journal> {
    const { workspace } = yield* CurrentSettings
    const remote = workspace.push
    if (remote === undefined) return
    const services = Option.all([yield* Effect.serviceOption(KeptWork), yield* Effect.serviceOption(JournalQueries)])
    if (Option.isNone(services))
      return yield* Effect.logWarning("nothing is pushed: there is no KeptWork, or no journal")
    const [work, queries] = services.value
    const { identity } = yield* Journal
    const waiting = (yield* queries.waiting({ since: 0 })).filter(
      (attempt) =>
        attempt.repository === repository.path &&
        isUnpushed(attempt, remote) &&
        !isCopiedAttempt(identity, attempt.actor)
    )
    const latest = (yield* Clock.currentTimeMillis) + Duration.toMillis(LIMIT)
    for (const attempt of waiting) {
      const isPushed = Option.getOrElse(yield* part(push(work, queries, attempt, remote)), () => true)
      if (!isPushed && (yield* Clock.currentTimeMillis) >= latest) return
    }
  },
  Effect.catchAll(({ message }) => Effect.logWarning(`what waits for review is not pushed: ${message}`))
)
