import { Effect } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import { type Attempt, type AttemptPhase, endingOf } from "../../../src/domain/Attempt.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { FakeBeadsState, FakeJournalState } from "../../../src/testing/index.ts"
import { opencode, options, withLog } from "../support.ts"
import { fakeAttempt, type FakeAttempt } from "../../../src/testing/fakeAttempts.ts"

export const EARLIER = RunId.make("20261122T020000Z-000001")
export const HOUR = 3_600_000

export const actorOf = (run: string, attempt = 1, host = "vm-1", mark?: string) =>
  Actor.make(`nightly-dispatch/${mark === undefined ? "" : `${mark}/`}${host}/${run}/${attempt}`)

/** An attempt that an earlier run left open in this phase, ten hours ago. */
export const attemptLeftIn = (phase: AttemptPhase, changes: FakeAttempt = {}): Attempt =>
  fakeAttempt(phase, {
    actor: actorOf(EARLIER),
    run: EARLIER,
    repository: options.repository,
    createdAt: -10 * HOUR,
    updatedAt: -10 * HOUR,
    ...changes
  })

export const endOf = (attempt: Attempt | undefined) => attempt && endingOf(attempt)?.end

/** The bug that the earlier run's attempt has claimed. */
export const heldIssue = { id: "bd-1", status: "in_progress", assignee: actorOf(EARLIER) }

/** The job of the earlier run's attempt, as the runner reports it. */
export const job = (changes: Partial<Job> = {}): Job =>
  new Job({
    beads: BeadsId.make("bd-1"),
    provider: opencode,
    phase: "running",
    pid: 7,
    runInstance: "run-1",
    startedAt: -9 * HOUR,
    ...changes
  })

let runs = 0
/** A run with an id of its own: its report and its log. */
export const nextRun = Effect.suspend(() =>
  withLog(nightlyRun({ ...options, run: RunId.make(`20261122T03000${(runs = (runs + 1) % 10)}Z-4f2a9${runs}`) }))
).pipe(Effect.map(({ lines, result }) => ({ lines, report: result })))

/** Settles without dispatching: the report and the log. */
export const settle = Effect.map(withLog(settleNow(options)), ({ lines, result }) => ({ lines, report: result }))

/** The first bug in the tracker, the first attempt in the journal, and all comments. */
export const firstBug = Effect.gen(function* () {
  const [beads, journal] = yield* Effect.all([FakeBeadsState, FakeJournalState])
  const [issue] = yield* beads.issues
  const [attempt] = yield* journal.attempts
  return { issue, attempt, comments: yield* beads.comments }
})
