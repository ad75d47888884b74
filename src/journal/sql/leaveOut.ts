import { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Effect, Schema } from "effect"
import type { ChannelName } from "../../domain/Message.ts"
import { byKind, deliveryFor, LEFT_OUT, LeftOut, messageFor } from "../leftOut.ts"
import { MOST_WAITING, NEWEST_KEPT } from "../Outbox.ts"
import type { Calls, Records } from "./calls.ts"
import { deliveriesWhere, insertDelivery, insertMessage } from "./deliveryRows.ts"

const Counts = Schema.parseJson(Schema.Array(LeftOut))
const encodeCounts = Schema.encode(Counts)

/** The messages of one kind, or one that stands for earlier ones. `next`: when the first of them may be taken. */
const CountRow = Schema.Struct({ ...LeftOut.fields, next: Schema.Number, earlier: Schema.NullOr(Counts) })
const decodeRows = Schema.decodeUnknown(Schema.Array(CountRow))

/** The n-th newest message that waits for the channel; the newest is 0. */
const newest = Effect.fnUntraced(function* (channel: ChannelName, n: number) {
  const sql = yield* SqlClient
  const [row] = yield* sql<{ place: number; message: string }>`SELECT d.place, m.message
    FROM deliveries d JOIN messages m ON m.id = d.message
    WHERE d.state = 'waiting' AND d.channel = ${channel} ORDER BY d.place DESC LIMIT 1 OFFSET ${n}`
  return row
})

/** How many messages of each kind these are, and when the first of them may be taken. */
const count = Effect.fnUntraced(function* ({ failures }: Calls, these: Fragment) {
  const sql = yield* SqlClient
  const found =
    yield* sql`SELECT m.kind, m.left_out AS earlier, count(*) AS messages, min(m.at) AS first, max(m.at) AS last,
      min(d.next) AS next
    FROM deliveries d JOIN messages m ON m.id = d.message WHERE ${these} GROUP BY m.kind, m.left_out`
  const rows = yield* Effect.mapError(decodeRows(found), ({ message }) => failures.corrupt(message))
  return {
    leftOut: byKind(rows.flatMap(({ earlier, ...row }) => earlier ?? [row])),
    next: Math.min(...rows.map(({ next }) => next))
  }
})

/** If too many messages wait for the channel, one message takes the place of all but the newest ones. */
export const leaveOut = (calls: Calls, { messages }: Records) =>
  Effect.fnUntraced(function* (channel: ChannelName) {
    if ((yield* newest(channel, MOST_WAITING)) === undefined) return
    const last = yield* newest(channel, NEWEST_KEPT)
    if (last === undefined) return
    const sql = yield* SqlClient
    const these = sql`d.state = 'waiting' AND d.channel = ${channel} AND d.place <= ${last.place}`
    const { leftOut, next } = yield* count(calls, these)
    const [held] = yield* deliveriesWhere(
      calls,
      (sql) => sql`${these} AND d.tries > 0 AND d.reason <> 'refused' ORDER BY d.place LIMIT 1`
    )
    const now = yield* Clock.currentTimeMillis
    const message = messageFor(channel, yield* calls.decode(messages, last.message), leftOut, now)
    yield* sql`UPDATE deliveries AS d SET state = 'given_up', detail = ${LEFT_OUT} WHERE ${these}`
    const { text } = yield* messages.encode(message)
    yield* insertMessage(message, text, yield* encodeCounts(leftOut))
    yield* insertDelivery(channel, { ...message, place: last.place }, deliveryFor(held, next))
    yield* Effect.logWarning(`alerts: ${message.what}`)
  })
