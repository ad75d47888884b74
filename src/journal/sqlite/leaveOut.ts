import { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Effect, Schema } from "effect"
import type { ChannelName } from "../../domain/Message.ts"
import { byKind, deliveryFor, LEFT_OUT, LeftOut, messageFor } from "../leftOut.ts"
import { MOST_WAITING, NEWEST_KEPT } from "../Outbox.ts"
import type { Calls, Records } from "./calls.ts"
import { deliveriesWhere, insertDelivery, insertMessage } from "./deliveryRows.ts"

const LeftOuts = Schema.Array(LeftOut)
const decodeCounts = Schema.decodeUnknown(LeftOuts)
const decodeEarlier = Schema.decodeUnknown(Schema.parseJson(LeftOuts))
const encodeCounts = Schema.encode(Schema.parseJson(LeftOuts))

/** The n-th newest message that waits for the channel; the newest is 0. */
const newest = Effect.fnUntraced(function* (channel: ChannelName, n: number) {
  const sql = yield* SqlClient
  const [row] = yield* sql<{ place: number; message: string }>`SELECT d.place, m.message
    FROM deliveries d JOIN messages m ON m.id = d.message
    WHERE d.state = 'waiting' AND d.channel = ${channel} ORDER BY d.place DESC LIMIT 1 OFFSET ${n}`
  return row
})

/** How many messages of each kind these are; one that stands for others counts as these. */
const count = Effect.fnUntraced(function* ({ failures }: Calls, these: Fragment) {
  const sql = yield* SqlClient
  const counts = yield* sql`SELECT m.kind, count(*) AS messages, min(m.at) AS first, max(m.at) AS last
    FROM deliveries d JOIN messages m ON m.id = d.message WHERE ${these} AND m.left_out IS NULL GROUP BY m.kind`
  const earlier = yield* sql<{ counts: string }>`SELECT m.left_out AS counts
    FROM deliveries d JOIN messages m ON m.id = d.message WHERE ${these} AND m.left_out IS NOT NULL`
  return yield* Effect.zipWith(
    decodeCounts(counts),
    Effect.forEach(earlier, ({ counts }) => decodeEarlier(counts)),
    (ours, theirs) => byKind([...ours, ...theirs.flat()])
  ).pipe(Effect.mapError(({ message }) => failures.corrupt(message)))
})

/** If too many messages wait for the channel, one message takes the place of all but the newest ones. */
export const leaveOut = (calls: Calls, { messages }: Records) =>
  Effect.fnUntraced(function* (channel: ChannelName) {
    if ((yield* newest(channel, MOST_WAITING)) === undefined) return
    const last = yield* newest(channel, NEWEST_KEPT)
    if (last === undefined) return
    const sql = yield* SqlClient
    const these = sql`d.state = 'waiting' AND d.channel = ${channel} AND d.place <= ${last.place}`
    const leftOut = yield* count(calls, these)
    const [held] = yield* deliveriesWhere(
      calls,
      (sql) => sql`${these} AND d.tries > 0 AND d.reason <> 'refused' ORDER BY d.place LIMIT 1`
    )
    const [first] = yield* sql<{ next: number }>`SELECT min(d.next) AS next FROM deliveries d WHERE ${these}`
    const now = yield* Clock.currentTimeMillis
    const message = messageFor(channel, yield* calls.decode(messages, last.message), leftOut, now)
    yield* sql`UPDATE deliveries AS d SET state = 'given_up', detail = ${LEFT_OUT} WHERE ${these}`
    const { text } = yield* messages.encode(message)
    yield* insertMessage(message, text, yield* encodeCounts(leftOut))
    yield* insertDelivery(channel, { ...message, place: last.place }, deliveryFor(held, first?.next ?? now))
    yield* Effect.logWarning(`alerts: ${message.what}`)
  })
