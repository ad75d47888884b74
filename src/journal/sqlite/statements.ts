import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Effect, Either } from "effect"
import { advanced, begun, reopened } from "../../domain/attemptSteps.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import type { Journal } from "../Journal.ts"
import type { JournalFailures } from "../failures.ts"
import { makeRecords, type RecordCodec } from "../records.ts"
import { sql, type Transactions } from "./transactions.ts"

type Methods<Name extends keyof Journal["Type"]> = Pick<Journal["Type"], Name>
type Records = ReturnType<typeof makeRecords>

/** What the statements have in common. */
const makeCalls = (transactions: Transactions, failures: JournalFailures) => {
  /** A record that cannot be decoded makes the journal corrupt. */
  const decode = <A>(codec: RecordCodec<A>, text: string) =>
    Effect.mapError(codec.decode(text), (error) => failures.corrupt(error.message))
  return {
    failures,
    decode,
    transaction: <A, E>(name: string, effect: Effect.Effect<A, E, SqlClient>): Effect.Effect<A, JournalFailed> =>
      transactions.write(effect).pipe(Effect.mapError(failures.of), Effect.withSpan(`Journal.${name}`)),
    /** The records in the column `record` of these rows. */
    read: <A>(
      name: string,
      codec: RecordCodec<A>,
      rows: Effect.Effect<ReadonlyArray<{ readonly record: string }>, SqlError, SqlClient>
    ): Effect.Effect<ReadonlyArray<A>, JournalFailed> =>
      Effect.flatMap(
        transactions.read(rows),
        Effect.forEach(({ record }) => decode(codec, record))
      ).pipe(Effect.mapError(failures.of), Effect.withSpan(`Journal.${name}`))
  }
}
type Calls = ReturnType<typeof makeCalls>

const runMethods = (
  { failures, transaction }: Calls,
  { checks, outcomes, reports }: Records
): Methods<"begin" | "end"> => ({
  begin: ({ at, host, run }) =>
    transaction(
      "begin",
      Effect.gen(function* () {
        const earlier = yield* sql`SELECT 1 FROM runs WHERE run = ${run}`
        if (earlier.length > 0) return yield* failures.illegal(`run ${run} has already begun`)
        yield* sql`INSERT INTO runs (run, host, began) VALUES (${run}, ${host}, ${at})`
      })
    ),

  end: (report) =>
    transaction(
      "end",
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const { record, text } = yield* reports.encode(report)
        const running = yield* sql`SELECT 1 FROM runs WHERE run = ${report.run} AND ended IS NULL`
        if (running.length === 0) return yield* failures.illegal(`run ${report.run} has not begun, or has ended`)
        yield* sql`UPDATE runs SET ended = ${now}, exit = ${report.exit}, report = ${text} WHERE run = ${report.run}`
        for (const outcome of record.outcomes) {
          yield* sql`INSERT INTO outcomes (run, beads, tag, outcome)
              VALUES (${report.run}, ${outcome.beads}, ${outcome._tag}, ${(yield* outcomes.encode(outcome)).text})`
        }
        for (const check of record.providers) {
          yield* sql`INSERT INTO provider_checks (run, provider, available, "check")
              VALUES (${report.run}, ${check.provider}, ${check.available ? 1 : 0}, ${(yield* checks.encode(check)).text})`
        }
      })
    )
})

const insertStep = ({ actor, updatedAt }: Attempt, step: string) =>
  sql`INSERT INTO steps (actor, at, step) VALUES (${actor}, ${updatedAt}, ${step})`

/** The methods that change an attempt. */
const attemptWrites = (
  { decode, failures, transaction }: Calls,
  { attempts, steps }: Records
): Methods<"intend" | "advance" | "reopen"> => {
  const update = (attempt: Attempt, step: string) =>
    Effect.gen(function* () {
      const { actor, phase, updatedAt } = attempt
      const { record, text } = yield* attempts.encode(attempt)
      yield* sql`UPDATE attempts SET phase = ${phase}, changed = ${updatedAt}, attempt = ${text} WHERE actor = ${actor}`
      yield* insertStep(attempt, step)
      return record
    })

  const current = (actor: Actor) =>
    Effect.gen(function* () {
      const [row] = yield* sql<{ attempt: string }>`SELECT attempt FROM attempts WHERE actor = ${actor}`
      if (row === undefined) return yield* failures.illegal(`there is no attempt of ${actor}`)
      return yield* decode(attempts, row.attempt)
    })

  return {
    intend: (intent) =>
      transaction(
        "intend",
        Effect.gen(function* () {
          const attempt = begun(intent, yield* Clock.currentTimeMillis)
          const { record, text } = yield* attempts.encode(attempt)
          const { actor, beads, createdAt, phase, run } = attempt
          const earlier = yield* sql`SELECT 1 FROM attempts WHERE actor = ${actor}`
          if (earlier.length > 0) return yield* failures.illegal(`${actor} already has an attempt`)
          yield* sql`INSERT INTO attempts (actor, run, beads, phase, began, changed, attempt)
            VALUES (${actor}, ${run}, ${beads}, ${phase}, ${createdAt}, ${createdAt}, ${text})`
          yield* insertStep(attempt, '{"_tag":"Intended"}')
          return record
        })
      ),

    advance: (actor, step) =>
      transaction(
        "advance",
        Effect.gen(function* () {
          const next = advanced(yield* current(actor), step, yield* Clock.currentTimeMillis)
          if (Either.isLeft(next)) return yield* failures.illegal(`${actor}: ${next.left}`)
          return yield* update(next.right, (yield* steps.encode(step)).text)
        })
      ),

    reopen: (actor) =>
      transaction(
        "reopen",
        Effect.gen(function* () {
          const next = reopened(yield* current(actor), yield* Clock.currentTimeMillis)
          if (Either.isLeft(next)) return yield* failures.illegal(`${actor}: ${next.left}`)
          return yield* update(next.right, '{"_tag":"Reopened"}')
        })
      )
  }
}

const attemptReads = ({ read }: Calls, { attempts }: Records): Methods<"open" | "since" | "of"> => {
  type Row = { record: string }
  return {
    open: read(
      "open",
      attempts,
      sql<Row>`SELECT attempt AS record FROM attempts WHERE phase <> 'settled' ORDER BY began, rowid`
    ),
    since: (millis) =>
      read(
        "since",
        attempts,
        sql<Row>`SELECT attempt AS record FROM attempts WHERE changed >= ${millis} ORDER BY began, rowid`
      ),
    of: (beads) =>
      read(
        "of",
        attempts,
        sql<Row>`SELECT attempt AS record FROM attempts WHERE beads = ${beads} ORDER BY began, rowid`
      )
  }
}

const alertMethods = ({ read, transaction }: Calls, { alerts }: Records): Methods<"raise" | "unsent"> => ({
  raise: (alert) =>
    transaction(
      "raise",
      Effect.gen(function* () {
        const raised = yield* sql`SELECT 1 FROM alerts WHERE key = ${alert.key}`
        if (raised.length > 0) return false
        const now = yield* Clock.currentTimeMillis
        const { text } = yield* alerts.encode(alert)
        yield* sql`INSERT INTO alerts (key, raised, alert) VALUES (${alert.key}, ${now}, ${text})`
        return true
      })
    ),

  unsent: read(
    "unsent",
    alerts,
    sql<{ record: string }>`SELECT alert AS record FROM alerts WHERE sent IS NULL ORDER BY raised, rowid`
  )
})

/** The journal's methods as SQL, one transaction each. */
export const makeStatements = (
  transactions: Transactions,
  failures: JournalFailures,
  redact: Redactor
): Omit<Journal["Type"], "version" | "lock"> => {
  const calls = makeCalls(transactions, failures)
  const records = makeRecords(redact)
  return {
    ...runMethods(calls, records),
    ...attemptWrites(calls, records),
    ...attemptReads(calls, records),
    ...alertMethods(calls, records)
  }
}
