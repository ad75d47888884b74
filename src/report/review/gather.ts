import { Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { elsewhere, HERE, type Elsewhere } from "../../journal/elsewhere.ts"
import { JournalQueries, type AttemptFacts } from "../../journal/JournalQueries.ts"
import { KeptWork } from "../../workspace/KeptWork.ts"
import { logTail } from "../logs/logTail.ts"
import { askTracker, type TrackerAnswer } from "../lookup/askTracker.ts"
import { inTime } from "../lookup/inTime.ts"
import { unknownBug } from "../lookup/UnknownBug.ts"
import type { WorkInput } from "./reviewView.ts"

/** Each costs calls of git. */
const AT_ONCE = 4

/** The attempt that knows most of the bug's work. */
const withBranch = (recorded: Either.Either<ReadonlyArray<AttemptFacts>, string>): WorkInput["attempt"] =>
  Either.match(recorded, {
    onLeft: () => "unread" as const,
    onRight: (attempts) =>
      attempts.findLast(({ branch, end }) => branch !== undefined && end !== undefined) ??
      attempts.findLast(({ end, hadJob }) => hadJob && end !== undefined)
  })

/** The last line of the log in which the agent says something. Notes of our own are none of its words. */
const lastWordsOf = Effect.fn("review.lastWords")(function* ({ log }: AttemptFacts) {
  if (log === undefined) return undefined
  const tail = yield* Effect.orElseSucceed(logTail(log, 20, true), () => undefined)
  return tail?.lines.findLast((line) => /[\p{L}\p{N}]/u.test(line) && !line.startsWith("nightly-dispatch: "))
})

const workOf = Effect.fn("review.work")(function* (
  beads: BeadsId,
  issue: Issue | undefined,
  attempt: WorkInput["attempt"],
  where: Elsewhere
) {
  if (attempt === undefined || attempt === "unread")
    return { beads, issue, attempt, facts: undefined, lastWords: undefined } satisfies WorkInput
  const host = where(attempt.actor)
  if (host !== undefined)
    return { beads, issue, attempt, host, facts: undefined, lastWords: undefined } satisfies WorkInput
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

/** A journal that cannot be read tells of no work, so of none on another host. */
const hostsNow = Effect.map(
  inTime(elsewhere),
  Either.getOrElse(() => HERE)
)

/** The bugs with the review label, and each bug that the tracker was asked for; and what it did not say. */
const issuesOf = ({ bugs, intake }: TrackerAnswer) => {
  const labelled = Either.match(intake, {
    onLeft: () => [],
    onRight: (found) => found.issues.filter(({ labels }) => labels.includes(REVIEW_LABEL))
  })
  const asked = Either.match(bugs, { onLeft: () => [], onRight: (found) => [...found.values()] })
  return {
    issues: new Map([...labelled, ...asked].map((issue) => [issue.id, issue] as const)),
    unknown: Either.isLeft(intake)
      ? [`The tracker cannot be read, so this is from the journal: ${intake.left}`]
      : Either.isLeft(bugs)
        ? [`Not every bug can be read from the tracker: ${bugs.left}`]
        : []
  }
}

/**
 * The work that waits for a person: what the journal knows, and the bugs with the review label. Only reads.
 *
 * @example
 * const view = reviewView(yield* gatherReview)
 */
export const gatherReview = Effect.gen(function* () {
  const queries = yield* JournalQueries
  const recorded = yield* inTime(queries.waiting({ since: 0 }))
  const where = yield* hostsNow
  const waiting = Either.getOrElse(recorded, (): ReadonlyArray<AttemptFacts> => [])
  const { issues, unknown } = issuesOf(yield* askTracker(waiting.map(({ beads }) => beads)))
  const known = new Map(waiting.map((attempt) => [attempt.beads, attempt] as const))
  const ids = new Set([...known.keys(), ...issues.keys()])
  const works = yield* Effect.forEach(
    ids,
    Effect.fnUntraced(function* (id: BeadsId) {
      const attempt = known.get(id) ?? withBranch(yield* inTime(queries.attemptsOf(id)))
      return yield* workOf(id, issues.get(id), attempt, where)
    }),
    { concurrency: AT_ONCE }
  )
  const unread = Either.isLeft(recorded) ? [`The journal cannot be read: ${recorded.left}`] : []
  return { works, unknown: [...unread, ...unknown] }
}).pipe(Effect.withSpan("review.gather"))

/** The same for one bug, whatever became of it. Fails with `UnknownBug` if neither the tracker nor the journal knows it. */
export const gatherOne = Effect.fn("review.gatherOne")(function* (id: BeadsId) {
  const queries = yield* JournalQueries
  const [recorded, asked] = yield* Effect.all([inTime(queries.attemptsOf(id)), askTracker([id])], { concurrency: 2 })
  const isKnown = Either.isRight(recorded) && recorded.right.length > 0
  const issue = Either.getOrUndefined(asked.bugs)?.get(id)
  const unread = Either.isLeft(recorded) ? [`The journal cannot be read: ${recorded.left}`] : []
  if (issue === undefined && !isKnown) return yield* unknownBug(id, asked, unread)
  return {
    work: yield* workOf(id, issue, withBranch(recorded), yield* hostsNow),
    unknown: [...unread, ...issuesOf(asked).unknown]
  }
})
