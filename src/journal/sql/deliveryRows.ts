import { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Schema } from "effect"
import type { ChannelName, Message } from "../../domain/Message.ts"
import { Delivery } from "../deliveries.ts"
import type { Outbox } from "../Outbox.ts"
import type { Calls } from "./calls.ts"
import { sql } from "./transactions.ts"

export type Methods<Name extends keyof Outbox["Type"]> = Pick<Outbox["Type"], Name>

const { detail, failed, reason, ...always } = Delivery.fields
const orNull = { nullable: true } as const

/** A message on its way, without what it says. */
const DeliveryRow = Schema.Struct({
  ...always,
  message: Schema.String,
  isRepeat: Schema.transformLiterals([0, false], [1, true]),
  failed: Schema.optionalWith(failed.from, orNull),
  reason: Schema.optionalWith(reason.from, orNull),
  detail: Schema.optionalWith(detail.from, orNull)
})
export type DeliveryRow = typeof DeliveryRow.Type

const decodeRows = Schema.decodeUnknown(Schema.Array(DeliveryRow))

/** The deliveries `d` of which this is true, or what else follows `WHERE`. */
export const deliveriesWhere = ({ failures }: Calls, condition: (sql: SqlClient) => Fragment) =>
  Effect.flatMap(
    SqlClient,
    (sql) =>
      sql`SELECT d.message, d.state, d.tries, d.next, d.is_repeat AS "isRepeat", d.failed, d.reason, d.detail
      FROM deliveries d WHERE ${condition(sql)}`
  ).pipe(Effect.flatMap((rows) => Effect.mapError(decodeRows(rows), ({ message }) => failures.corrupt(message))))

/** Writes how far a message is on its way through this channel. */
export const updateDelivery = (channel: ChannelName, message: string, delivery: Delivery) => {
  const { detail = null, failed = null, isRepeat, next, reason = null, state, tries } = delivery
  return sql`UPDATE deliveries SET state = ${state}, tries = ${tries}, next = ${next}, is_repeat = ${Number(isRepeat)},
    failed = ${failed}, reason = ${reason}, detail = ${detail} WHERE channel = ${channel} AND message = ${message}`
}

/** `place`: its order in the channel. */
export const insertDelivery = (
  channel: ChannelName,
  { at, id, place }: Pick<Message, "id" | "at"> & { readonly place: number },
  delivery: Delivery
) => {
  const { detail = null, failed = null, isRepeat, next, reason = null, state, tries } = delivery
  return sql`INSERT INTO deliveries (channel, message, place, at, state, tries, next, is_repeat, failed, reason, detail)
    VALUES (${channel}, ${id}, ${place}, ${Math.floor(at)}, ${state}, ${tries}, ${next}, ${Number(isRepeat)}, ${failed},
      ${reason}, ${detail})`
}

/** Gives the place of the message behind all others. `leftOut`: of a message that stands for others, the JSON of their counts. */
export const insertMessage = ({ at, id, kind }: Message, text: string, leftOut: string | null = null) =>
  Effect.map(
    sql<{ place: number }>`INSERT INTO messages (id, place, at, kind, message, left_out)
      VALUES (${id}, (SELECT coalesce(max(place), 0) + 1 FROM messages), ${Math.floor(at)}, ${kind}, ${text}, ${leftOut})
      RETURNING place`,
    ([row]) => row?.place ?? 0
  )
