import { Effect, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import type { JournalFailures } from "../failures.ts"
import { SILENCE, type NewOffer, type Offers, type Tick } from "../Offers.ts"
import type { Part } from "../sql/dialect.ts"
import { sql } from "../sql/transactions.ts"
import { join } from "./ticks.ts"
import { after } from "./time.ts"
import type { Office } from "./office.ts"

/** Ticks and offers that are older are of no use to anybody. */
const KEPT = "90 days"

const literal =
  (words: string): Part =>
  (client) =>
    client.literal(words)

const soon = after(SILENCE)
/** No host has it: nobody took it, or who did is silent. */
const free = literal("(host IS NULL OR until < now())")

const Declined = Schema.parseJson(Schema.Array(Schema.String))
const decodeDeclined = Schema.decodeUnknown(Declined)
const OfferRow = Schema.Struct({ id: Schema.String, beads: BeadsId })
const decodeOffer = Schema.decodeUnknown(OfferRow)

/**
 * Ends what is left of earlier ticks, and gives for each of those bugs the hosts that gave it back: they get it again only if no
 * other host may take it.
 */
const endEarlier = Effect.fnUntraced(function* (failures: JournalFailures) {
  const rows = yield* sql<{ beads: string; declined: string }>`UPDATE offers
    SET ended = now(), outcome = CASE WHEN host IS NULL THEN 'untaken' ELSE 'lapsed' END
    WHERE ended IS NULL AND ${free} RETURNING beads, CAST(declined AS TEXT) AS declined`
  yield* sql`DELETE FROM offers WHERE ended < now() - INTERVAL ${literal(`'${KEPT}'`)}`
  yield* sql`DELETE FROM ticks WHERE ended < now() - INTERVAL ${literal(`'${KEPT}'`)}
    AND NOT EXISTS (SELECT 1 FROM offers WHERE tick = ticks.id)`
  return new Map(
    yield* Effect.forEach(rows, ({ beads, declined }) =>
      Effect.mapBoth(decodeDeclined(declined), {
        onFailure: ({ message }) => failures.corrupt(message),
        onSuccess: (marks) => [beads, marks] as const
      })
    )
  )
})

const insertOffers = (
  tick: Tick,
  bugs: ReadonlyArray<NewOffer>,
  declinedBy: (bug: NewOffer) => ReadonlyArray<string>
) => {
  const rows = bugs.map((bug, rank) => ({ ...bug, id: `${tick.id}/${bug.beads}`, rank, declined: declinedBy(bug) }))
  return sql`INSERT INTO offers (id, tick, rank, beads, needs, declined)
    SELECT id, ${tick.id}, rank, beads, needs, declined
    FROM json_to_recordset(CAST(${JSON.stringify(rows)} AS JSON))
      AS given (id TEXT, rank BIGINT, beads TEXT, needs JSON, declined JSON)
    ON CONFLICT (id) DO NOTHING`
}

/** The offers, for one process of a host. */
export const offersOf = ({ failures, mark, read, required, transaction }: Office): Offers => {
  const mine = literal(`host = '${mark}' AND ended IS NULL`)
  const takeable: Part = (client) => client`ended IS NULL AND ${free(client)}
    AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.beads = offers.beads AND phase <> 'settled')
    AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(declined) AS one (host) WHERE one.host = ${mark})
    AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(needs) AS needed (tag) WHERE needed.tag NOT IN (
      SELECT json_array_elements_text(tags) FROM hosts WHERE mark = ${mark}))`
  const within =
    (tick: Tick): Part =>
    (client) =>
      client`id = ${tick.id} AND epoch = ${tick.epoch} AND host = ${mark} AND ended IS NULL`
  return {
    join: transaction(Effect.zipRight(required, join(mark))),

    offer: (tick, bugs, hosts) =>
      Effect.gen(function* () {
        yield* required
        const ended = yield* sql`UPDATE ticks SET ended = now() WHERE ${within(tick)} RETURNING 1`
        if (ended.length === 0)
          return yield* failures.fenced("another host plans this tick by now, so nothing is offered")
        const declined = yield* endEarlier(failures)
        yield* insertOffers(tick, bugs, ({ beads, needs }) => {
          const by = declined.get(beads) ?? []
          const others = hosts.some(({ mark, tags }) => !by.includes(mark) && needs.every((tag) => tags.includes(tag)))
          return others ? by : []
        })
      }).pipe(transaction),

    giveUp: (tick) => transaction(Effect.asVoid(sql`UPDATE ticks SET until = now() WHERE ${within(tick)}`)),

    waiting: read(
      Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM offers WHERE ${takeable}`, ([row]) => row?.n ?? 0)
    ),

    take: (most) =>
      Effect.gen(function* () {
        yield* required
        const rows = yield* sql<{ rank: number }>`UPDATE offers SET host = ${mark}, until = ${soon} WHERE id IN (
            SELECT id FROM offers WHERE ${takeable} ORDER BY tick DESC, rank LIMIT ${most} FOR UPDATE SKIP LOCKED)
          RETURNING id, beads, rank`
        return yield* Effect.forEach(
          rows.toSorted((a, b) => a.rank - b.rank),
          (row) => Effect.mapError(decodeOffer(row), ({ message }) => failures.corrupt(message))
        )
      }).pipe(transaction),

    keep: Effect.gen(function* () {
      yield* sql`UPDATE ticks SET until = ${soon} WHERE ${mine}`
      yield* sql`UPDATE offers SET until = ${soon} WHERE ${mine}`
    }).pipe(transaction),

    close: (id, end) =>
      transaction(Effect.asVoid(sql`UPDATE offers SET ended = now(), outcome = ${end} WHERE id = ${id} AND ${mine}`)),

    giveBack: (id) =>
      transaction(
        Effect.asVoid(sql`UPDATE offers SET host = NULL, until = NULL,
          declined = CAST(CAST(declined AS JSONB) || to_jsonb(CAST(${mark} AS TEXT)) AS JSON) WHERE id = ${id} AND ${mine}`)
      )
  }
}
