import { Clock, Effect, Either } from "effect"
import { advanced, begun, reopened, type AttemptStep } from "../../domain/attemptSteps.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Identity } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Attempt, Intent } from "../../domain/Attempt.ts"
import { moment, type Moment } from "../../domain/BootClock.ts"
import type { ReviewDecision } from "../../domain/ReviewDecision.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import type { Notice, Journal } from "../Journal.ts"
import { factsOf, leavesWork } from "../facts.ts"
import type { JournalFailures } from "../failures.ts"
import type { Fence } from "./Fence.ts"
import { makeRecords } from "../records.ts"
import { makeCalls, type Calls, type Methods, type Records } from "./calls.ts"
import { bound, hasKey, listed, texts, without, withTrue } from "./dialect.ts"
import { pauseMethods } from "./pauses.ts"
import { requireKnown } from "./progress.ts"
import { pruneMethods } from "./prune.ts"
import { runMethods } from "./runs.ts"
import { shadowMethods } from "./shadows.ts"
import { sql, type Transactions } from "./transactions.ts"

const insertStep = (actor: Actor, at: number, step: string) =>
  sql`INSERT INTO steps (actor, at, step) VALUES (${actor}, ${at}, ${step})`

/** The methods that change an attempt. */
const attemptWrites = (
  { decode, failures, transaction }: Calls,
  { attempts, decisions, retries, steps }: Records,
  fence: Fence
): Methods<"intend" | "advance" | "reopen" | "clear" | "decide"> => {
  /** Writes the attempt as `next` makes it, and the JSON of the step that changed it. */
  const change = Effect.fnUntraced(function* (
    actor: Actor,
    next: (attempt: Attempt, now: Moment) => Either.Either<Attempt, string>,
    step: string,
    before: (changed: Attempt) => ReturnType<Fence["opens"]> = () => Effect.void
  ) {
    const [row] = yield* sql<{ attempt: string }>`SELECT attempt FROM attempts WHERE actor = ${actor}`
    if (row === undefined) return yield* failures.illegal(`there is no attempt of ${actor}`)
    const now = yield* moment
    const changed = next(yield* decode(attempts, row.attempt), now)
    if (Either.isLeft(changed)) return yield* failures.illegal(`${actor}: ${changed.left}`)
    yield* before(changed.right)
    const { phase, updatedAt } = changed.right
    const { record, text } = yield* attempts.encode(changed.right)
    const facts = factsOf(record)
    yield* sql`UPDATE attempts SET phase = ${phase}, changed = ${updatedAt}, attempt = ${text},
      had_job = ${Number(facts.hadJob)}, leaves_work = ${Number(leavesWork(facts))}
      WHERE actor = ${actor}`
    yield* insertStep(actor, now.at, step)
    return record
  })

  return {
    intend: Effect.fn("Journal.intend")(function* (intent: Intent) {
      const attempt = begun(intent, yield* moment)
      const { record, text } = yield* attempts.encode(attempt)
      const { actor, beads, createdAt, phase, run } = attempt
      const earlier = yield* sql`SELECT 1 FROM attempts WHERE actor = ${actor}`
      if (earlier.length > 0) return yield* failures.illegal(`${actor} already has an attempt`)
      yield* fence.opens(attempt)
      yield* sql`INSERT INTO attempts (actor, run, beads, phase, began, changed, attempt)
        VALUES (${actor}, ${run}, ${beads}, ${phase}, ${createdAt}, ${createdAt}, ${text})`
      yield* fence.opened(attempt)
      yield* insertStep(actor, createdAt, '{"_tag":"Intended"}')
      return record
    }, transaction),

    advance: Effect.fn("Journal.advance")(function* (actor: Actor, step: AttemptStep) {
      const { text } = yield* steps.encode(step)
      yield* fence.steps(actor, step._tag)
      return yield* change(actor, (attempt, now) => advanced(attempt, step, now), text)
    }, transaction),

    reopen: Effect.fn("Journal.reopen")((actor: Actor) =>
      transaction(Effect.tap(change(actor, reopened, '{"_tag":"Reopened"}', fence.opens), fence.opened))
    ),

    clear: Effect.fn("Journal.clear")(function* (beads: BeadsId, note?: string) {
      const cleared = yield* sql`UPDATE attempts SET attempt = ${withTrue("attempt", "cleared")}, leaves_work = 0
        WHERE beads = ${beads} AND phase = 'settled' AND attempt ->> 'cleared' IS NULL RETURNING actor`
      const at = yield* Clock.currentTimeMillis
      const { text } = yield* retries.encode({ beads, at, note })
      yield* sql`INSERT INTO retries (beads, at, retry) VALUES (${beads}, ${at}, ${text})
        ON CONFLICT (beads) DO UPDATE SET at = excluded.at, retry = excluded.retry`
      return cleared.length
    }, transaction),

    decide: Effect.fn("Journal.decide")(function* (decision: ReviewDecision) {
      const { actor, at, beads } = decision
      const [row] = yield* sql<{ phase: string }>`SELECT phase FROM attempts WHERE actor = ${actor}`
      if (row?.phase !== "settled") return yield* failures.illegal(`${actor} has no settled attempt`)
      const { text } = yield* decisions.encode(decision)
      yield* sql`INSERT INTO decisions (actor, beads, at, decision) VALUES (${actor}, ${beads}, ${at}, ${text})
        ON CONFLICT (actor) DO UPDATE SET at = excluded.at, decision = excluded.decision`
      // The plan reads attempts, and no decisions.
      yield* decision.decision === "rejected"
        ? sql`UPDATE attempts SET attempt = ${withTrue("attempt", "rejected")} WHERE actor = ${actor}`
        : sql`UPDATE attempts SET attempt = ${without("attempt", "rejected")} WHERE actor = ${actor}`
      yield* sql`UPDATE attempts SET leaves_work = 0 WHERE actor = ${actor}`
      if (decision.decision !== "accepted") return
      yield* sql`UPDATE retries SET retry = ${without("retry", "note")} WHERE beads = ${beads}`
    }, transaction)
  }
}

const attemptReads = (
  { read, select }: Calls,
  { attempts, retries }: Records
): Methods<"find" | "known" | "open" | "since" | "of" | "retries" | "unreported"> => ({
  retries: select("retries", retries)`SELECT retry AS record FROM retries ORDER BY at, rowid`,
  unreported: select("unreported", attempts)`SELECT attempt AS record FROM attempts
    WHERE phase = 'settled' AND reported = 0 AND ${hasKey("attempt", "ack")} ORDER BY changed, rowid`,
  open: select("open", attempts)`SELECT attempt AS record FROM attempts
    WHERE phase <> 'settled' ORDER BY began, rowid`,
  since: (millis) => select("since", attempts)`SELECT attempt AS record FROM attempts
    WHERE changed >= ${bound(millis)} ORDER BY began, rowid`,
  find: (actor) =>
    Effect.map(
      select("find", attempts)`SELECT attempt AS record FROM attempts WHERE actor = ${actor}`,
      ([attempt]) => attempt
    ),
  known: (beads) =>
    read(sql<{ bug: BeadsId }>`SELECT value AS bug FROM ${listed(beads)}
      WHERE EXISTS (SELECT 1 FROM attempts WHERE beads = value)`).pipe(
      Effect.map((rows) => rows.map(({ bug }) => bug)),
      Effect.withSpan("Journal.known")
    ),
  of: (...beads) => select("of", attempts)`SELECT attempt AS record FROM attempts
    WHERE beads IN (${texts(beads)}) ORDER BY began, rowid`
})

const alertMethods = ({ select, transaction }: Calls, { alerts }: Records): Methods<"notice" | "notices"> => ({
  notice: Effect.fn("Journal.notice")(function* (alert: Notice) {
    const raised = yield* sql`SELECT 1 FROM alerts WHERE key = ${alert.key}`
    if (raised.length > 0) return false
    const now = yield* Clock.currentTimeMillis
    const { text } = yield* alerts.encode(alert)
    yield* sql`INSERT INTO alerts (key, raised, alert) VALUES (${alert.key}, ${now}, ${text})`
    return true
  }, transaction),

  notices: select("notices", alerts)`SELECT alert AS record FROM alerts ORDER BY raised, rowid`
})

/** The journal's methods as SQL, one transaction each. */
export const makeStatements = (
  transactions: Transactions,
  failures: JournalFailures,
  redact: Redactor,
  { fence, identity }: { readonly fence: Fence; readonly identity: Identity }
): Omit<Journal["Type"], "identity" | "version" | "lock" | "watch" | "watcher"> => {
  const calls = makeCalls(transactions, failures)
  const records = makeRecords(redact)
  const reads = attemptReads(calls, records)
  return {
    ...runMethods(calls, records, fence),
    ...attemptWrites(calls, records, fence),
    ...reads,
    // A watcher keeps the journal open for hours, and a later version may change it meanwhile.
    open: Effect.zipRight(calls.read(requireKnown(failures)), reads.open),
    ...alertMethods(calls, records),
    ...pauseMethods(calls, records, identity),
    ...shadowMethods(calls, records),
    ...pruneMethods(calls)
  }
}
