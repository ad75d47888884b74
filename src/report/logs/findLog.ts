import { Data, Effect, Option } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { HERE, type Elsewhere } from "../../journal/elsewhere.ts"
import { DxRunner, type JobTrace } from "../../runner/DxRunner.ts"

/** There is no log, and why. */
export class NoLog extends Data.TaggedError("NoLog")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/** A job's log. */
export interface FoundLog {
  readonly path: string
  /** `undefined`: a job that the journal does not know. */
  readonly attempt: number | undefined
  /** What the runner is asked for the job with; `undefined` if the job has ended. */
  readonly open: { readonly trace: JobTrace | undefined } | undefined
}

const foundLog = ({ actor, end, log, number, phase, worktree }: AttemptFacts & { readonly log: string }): FoundLog => {
  const trace = { attempt: actor satisfies Actor, worktree, log }
  const isOver = end !== undefined || phase === "verifying"
  return { path: log, attempt: number, open: isOver ? undefined : { trace } }
}

const hasLog = (attempt: AttemptFacts): attempt is AttemptFacts & { readonly log: string } => attempt.log !== undefined

/** A log on another host is read there. */
const readThere = (id: BeadsId, { log, number }: AttemptFacts & { readonly log: string }, host: string) =>
  new NoLog({
    where: id,
    what: `the log of attempt ${number} is on ${host}: ${log}`,
    next: `On ${host}, run: nightly-dispatch logs ${id} --attempt ${number}`
  })

/** The log of the attempt with this number. */
const numbered = (
  id: BeadsId,
  attempts: ReadonlyArray<AttemptFacts>,
  number: number,
  elsewhere: Elsewhere
): Effect.Effect<FoundLog, NoLog> => {
  const attempt = attempts.find((each) => each.number === number)
  if (attempt === undefined) {
    const known = attempts.length === 0 ? "it has none" : `it has ${attempts.map((each) => each.number).join(", ")}`
    return new NoLog({ where: id, what: `the journal has no attempt ${number} at it: ${known}` })
  }
  if (!hasLog(attempt)) {
    const why = attempt.hadJob ? "its runner named none" : "it got no job"
    return new NoLog({ where: id, what: `its attempt ${number} has no log: ${why}` })
  }
  const host = elsewhere(attempt.actor)
  if (host !== undefined) return readThere(id, attempt, host)
  const later = attempts.find((each) => each.number > number && each.log === attempt.log)
  return later === undefined
    ? Effect.succeed(foundLog(attempt))
    : new NoLog({
        where: id,
        what: `the log of attempt ${number} was overwritten by attempt ${later.number}: ${attempt.log}`
      })
}

/**
 * The log of the bug's newest job, or of the attempt with this number; `attempts`: those of the journal, oldest first. The runner is
 * asked if the journal knows no log: also people start jobs. Fails with `NoLog` if there is none, or if it is on another host.
 *
 * @example
 * const { path } = yield* findLog(id, yield* journal.attemptsOf(id), undefined)
 */
export const findLog = Effect.fn("findLog")(function* (
  id: BeadsId,
  attempts: ReadonlyArray<AttemptFacts>,
  number: number | undefined,
  elsewhere: Elsewhere = HERE
): Effect.fn.Return<FoundLog, NoLog, DxRunner> {
  if (number !== undefined) return yield* numbered(id, attempts, number, elsewhere)
  const last = attempts.findLast(hasLog)
  const host = last === undefined ? undefined : elsewhere(last.actor)
  if (last !== undefined) return host === undefined ? foundLog(last) : yield* readThere(id, last, host)
  const runner = yield* DxRunner
  const job = yield* Effect.mapError(
    runner.job(id),
    ({ message }) =>
      new NoLog({ where: id, what: `no log of it is in the journal, and the runner cannot tell: ${message}` })
  )
  const path = Option.fromNullable(job?.log)
  if (Option.isSome(path)) return { path: path.value, attempt: undefined, open: { trace: undefined } }
  const tried = attempts.at(-1)
  const why =
    tried === undefined
      ? "it was never tried"
      : `its attempt ${tried.number} got no job: ${tried.detail ?? tried.phase}`
  return yield* new NoLog({ where: id, what: `there is no log of it: ${why}` })
})
