import { Clock, Duration, Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { localZone } from "../../domain/localZone.ts"
import { pauseInWords, resumeOf } from "../../domain/Pause.ts"
import { isStuck, unchangedInWords } from "../../domain/Unchanged.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries, type AttemptFacts } from "../../journal/JournalQueries.ts"
import { KeptWork } from "../../workspace/KeptWork.ts"
import { elsewhere, HERE, type Elsewhere } from "../../journal/elsewhere.ts"
import { findLog } from "../logs/findLog.ts"
import { logTail } from "../logs/logTail.ts"
import { askTracker } from "../lookup/askTracker.ts"
import { inTime } from "../lookup/inTime.ts"
import { unknownBug } from "../lookup/UnknownBug.ts"
import type { ExplainInput } from "./input.ts"
import { verdictOf } from "./verdict.ts"
import type { ExplainView } from "./view.ts"

/** For git, which may read a large repository, and for all that the journal knows of a bug. */
const PATIENT = Duration.seconds(10)
/** Results of runs. A span of the same result is one. */
const OUTCOMES = 500
/** Attempts whose every step is read with `all`. */
const MOST_ATTEMPTS = 200
const LOG_LINES = 5

const NOTHING = {
  attempts: [],
  elsewhere: HERE,
  steps: new Map(),
  outcomes: [],
  retry: undefined,
  paused: undefined,
  unchanged: undefined
} as const satisfies Partial<ExplainInput>

/** What the journal knows of the bug. `all`: the steps of all attempts, not only of the newest. */
const askJournal = Effect.fn("explain.journal")(function* (id: BeadsId, all: boolean) {
  const [queries, journal] = yield* Effect.all([JournalQueries, Journal])
  const attempts = yield* queries.attemptsOf(id)
  const detailed = attempts.slice(all ? -MOST_ATTEMPTS : -1)
  const steps = yield* Effect.forEach(detailed, ({ actor }) =>
    Effect.map(queries.steps(actor), (taken) => [actor, taken] as const)
  )
  const [retries, pause, now] = [yield* journal.retries, yield* journal.paused, yield* Clock.currentTimeMillis]
  const unchanged = (yield* queries.unchanged).find((each) => each.beads === id)
  return {
    attempts,
    elsewhere: yield* elsewhere,
    steps: new Map(steps),
    outcomes: yield* queries.outcomesOf(id, OUTCOMES),
    retry: retries.find(({ beads }) => beads === id),
    paused: pause && pauseInWords(pause, { now, zone: localZone }),
    resume: pause && resumeOf(pause),
    unchanged: unchanged && isStuck(unchanged, now) ? unchangedInWords(unchanged, now) : undefined
  } satisfies Partial<ExplainInput>
})

interface Known {
  readonly attempts: ReadonlyArray<AttemptFacts>
  readonly elsewhere: Elsewhere
}

/** The end of the newest log; `undefined` if the bug never had one. */
const endOfLog = Effect.fn("explain.log")(function* (id: BeadsId, { attempts, elsewhere }: Known) {
  const last = attempts.findLast(({ log }) => log !== undefined)
  const host = last === undefined ? undefined : elsewhere(last.actor)
  if (last?.log !== undefined && host !== undefined) {
    const why = `to read it, run on ${host}: nightly-dispatch logs ${id}`
    return { host, path: last.log, attempt: last.number, lines: [], why } satisfies ExplainView["log"]
  }
  const found = yield* Effect.option(findLog(id, attempts, undefined))
  if (found._tag === "None") return undefined
  const { attempt, path } = found.value
  const about = attempt === undefined ? { path } : { path, attempt }
  const tail = yield* Effect.either(logTail(path, LOG_LINES, true))
  if (Either.isLeft(tail)) return { ...about, lines: [], why: `it cannot be read: ${tail.left.detail}` }
  if (tail.right === undefined) return { ...about, lines: [], why: "it is gone" }
  const { lines } = tail.right
  return { ...about, lines, ...(lines.length === 0 ? { why: "it is empty" } : {}) } satisfies ExplainView["log"]
})

/** The work of the newest attempt that had a place for some. Work on another host is not looked for. */
const findWork = Effect.fn("explain.work")(function* ({ attempts, elsewhere }: Known) {
  const attempt = attempts.findLast(({ branch, worktree }) => branch !== undefined || worktree !== undefined)
  if (attempt === undefined) return undefined
  const { branch, repository: clone, worktree } = attempt
  if (branch === undefined || elsewhere(attempt.actor) !== undefined) return { attempt, facts: undefined }
  const work = yield* KeptWork
  const facts = yield* inTime(work.facts({ clone, branch, worktree }), PATIENT)
  return { attempt, facts: Either.getOrUndefined(facts) }
})

/**
 * Everything that `explain` tells of one bug. Only reads: nothing is claimed, written, fetched or asked of a provider. What cannot be
 * read is named in `unknown`. Fails with `UnknownBug` if neither the tracker nor the journal knows the bug.
 *
 * @example
 * const view = explainView(yield* gatherExplain(id, repository, false))
 */
export const gatherExplain = Effect.fn("explain.gather")(function* (id: BeadsId, repository: Repository, all: boolean) {
  const [asked, recorded] = yield* Effect.all([askTracker([id]), inTime(askJournal(id, all), PATIENT)], {
    concurrency: "unbounded"
  })
  const { bugs, intake } = asked
  const issue = Either.getOrUndefined(bugs)?.get(id)
  const known = Either.getOrElse(recorded, () => NOTHING)
  const unread = [
    ...(Either.isLeft(intake) ? [`The tracker cannot be read, so this is from the journal: ${intake.left}`] : []),
    ...(Either.isLeft(recorded) ? [`The journal cannot be read: ${recorded.left}`] : [])
  ]
  const isMalformed = Either.isRight(intake) && intake.right.malformed.some(({ label }) => label === id)
  if (issue === undefined && !isMalformed && known.attempts.length === 0 && known.outcomes.length === 0)
    return yield* unknownBug(id, asked, unread)
  const { now, unknown } = Either.isRight(intake)
    ? yield* verdictOf(id, intake.right, issue, repository)
    : { now: { verdict: "unknown", detail: "the tracker cannot be read" } as const, unknown: [] }
  const isDeleted = issue === undefined && Either.isRight(bugs)
  const gone = isDeleted && !isMalformed ? ["The tracker does not have this bug. The journal has its history."] : []
  const [log, work] = yield* Effect.all([endOfLog(id, known), findWork(known)], { concurrency: 2 })
  return {
    id,
    issue,
    now,
    ...known,
    log,
    work,
    unknown: [...new Set([...gone, ...unread, ...unknown])]
  } satisfies ExplainInput
})
