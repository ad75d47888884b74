import { Duration, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { JournalQueries, type AttemptFacts } from "../../journal/JournalQueries.ts"
import { KeptWork } from "../../workspace/KeptWork.ts"
import { logTail } from "../logs/logTail.ts"
import type { WorkInput } from "./reviewView.ts"

/** An operator does not wait longer for a tracker, or for git, that does not answer. */
const PATIENCE = Duration.seconds(5)
const AT_ONCE = 4

const inTime = <A, E extends { readonly message: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.either(
    call.pipe(
      Effect.mapError(({ message }) => message),
      Effect.timeoutFail({ duration: PATIENCE, onTimeout: () => `no answer within ${Duration.format(PATIENCE)}` })
    )
  )

/** The attempt that knows most of the bug's work. */
const withBranch = (attempts: ReadonlyArray<AttemptFacts>): AttemptFacts | undefined =>
  attempts.findLast(({ branch, end }) => branch !== undefined && end !== undefined) ??
  attempts.findLast(({ end, hadJob }) => hadJob && end !== undefined)

/** The last line of the log that says something. */
const lastWordsOf = Effect.fn("review.lastWords")(function* ({ log }: AttemptFacts) {
  if (log === undefined) return undefined
  const tail = yield* Effect.orElseSucceed(logTail(log, 20, true), () => undefined)
  return tail?.lines.findLast((line) => /[\p{L}\p{N}]/u.test(line))
})

const workOf = Effect.fn("review.work")(function* (
  beads: BeadsId,
  issue: Issue | undefined,
  attempt: AttemptFacts | undefined
) {
  if (attempt === undefined)
    return { beads, issue, attempt, facts: undefined, lastWords: undefined } satisfies WorkInput
  const { branch, repository: clone, worktree } = attempt
  const work = yield* KeptWork
  const facts = branch === undefined ? undefined : yield* inTime(work.facts({ clone, branch, worktree }))
  const lastWords = yield* lastWordsOf(attempt)
  return {
    beads,
    issue,
    attempt,
    facts: facts === undefined ? undefined : Either.getOrUndefined(facts),
    lastWords
  } satisfies WorkInput
})

/** The bugs with the review label, and each bug that the tracker was asked for. */
const askTracker = Effect.fn("review.tracker")(function* (waiting: ReadonlyArray<BeadsId>) {
  const [tracker, { intake }] = yield* Effect.all([BeadsCli, CurrentSettings])
  const listed = yield* inTime(tracker.openBugs(intake))
  if (Either.isLeft(listed)) {
    const unknown = [`The tracker cannot be read, so this is from the journal: ${listed.left}`]
    return { issues: new Map<BeadsId, Issue>(), unknown }
  }
  const issues = new Map(
    listed.right.issues.filter(({ labels }) => labels.includes(REVIEW_LABEL)).map((issue) => [issue.id, issue] as const)
  )
  const others = waiting.filter((id) => !issues.has(id))
  const shown = yield* inTime(
    Effect.forEach(others, (id) => Effect.map(tracker.show(id), (issue) => [id, issue] as const), {
      concurrency: AT_ONCE
    })
  )
  if (Either.isLeft(shown)) return { issues, unknown: [`Not every bug can be read from the tracker: ${shown.left}`] }
  for (const [id, issue] of shown.right) if (issue !== undefined) issues.set(id, issue)
  return { issues, unknown: [] }
})

/**
 * The work that waits for a person: what the journal knows, and the bugs with the review label. Only reads.
 *
 * @example
 * const view = reviewView(yield* gatherReview)
 */
export const gatherReview = Effect.gen(function* () {
  const queries = yield* JournalQueries
  const recorded = yield* inTime(queries.waiting({ since: 0 }))
  const waiting = Either.getOrElse(recorded, (): ReadonlyArray<AttemptFacts> => [])
  const { issues, unknown } = yield* askTracker(waiting.map(({ beads }) => beads))
  const known = new Map(waiting.map((attempt) => [attempt.beads, attempt] as const))
  const ids = new Set([...known.keys(), ...issues.keys()])
  const works = yield* Effect.forEach(
    ids,
    Effect.fnUntraced(function* (id: BeadsId) {
      const others = known.has(id) ? Either.right([]) : yield* inTime(queries.attemptsOf(id))
      const attempt = known.get(id) ?? withBranch(Either.getOrElse(others, () => []))
      return yield* workOf(id, issues.get(id), attempt)
    }),
    { concurrency: AT_ONCE }
  )
  const unread = Either.isLeft(recorded) ? [`The journal cannot be read: ${recorded.left}`] : []
  return { works, unknown: [...unread, ...unknown] }
}).pipe(Effect.withSpan("review.gather"))

/** The same for one bug, whatever became of it; `undefined` if neither the tracker nor the journal knows it. */
export const gatherOne = Effect.fn("review.gatherOne")(function* (id: BeadsId) {
  const [queries, tracker] = yield* Effect.all([JournalQueries, BeadsCli])
  const [recorded, shown] = yield* Effect.all([inTime(queries.attemptsOf(id)), inTime(tracker.show(id))], {
    concurrency: 2
  })
  const attempts = Either.getOrElse(recorded, (): ReadonlyArray<AttemptFacts> => [])
  const issue = Either.getOrUndefined(shown)
  const unknown = [
    ...(Either.isLeft(recorded) ? [`The journal cannot be read: ${recorded.left}`] : []),
    ...(Either.isLeft(shown) ? [`The tracker cannot be read: ${shown.left}`] : [])
  ]
  if (issue === undefined && attempts.length === 0 && unknown.length === 0) return undefined
  return { work: yield* workOf(id, issue, withBranch(attempts)), unknown }
})
