import { Clock, Effect, Option, Schema } from "effect"
import { ChannelName } from "../../domain/Message.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import { afterNotSent, afterSent, isLost, lostAt, nextToSend, oldestSent, takenAt, TOO_OLD } from "../deliveries.ts"
import type { Delivery } from "../deliveries.ts"
import type { NotSent, Taken, Waiting } from "../Outbox.ts"
import { shownText } from "../storedText.ts"
import type { Calls, Records } from "./calls.ts"
import { bound } from "./dialect.ts"
import { deliveriesWhere, updateDelivery, type DeliveryRow, type Methods } from "./deliveryRows.ts"
import { leaveOut } from "./leaveOut.ts"
import { sql } from "./transactions.ts"

const giveUpOld = Effect.fnUntraced(function* (channel: ChannelName, now: number) {
  const old =
    yield* sql`UPDATE deliveries SET state = 'given_up', detail = coalesce(${`${TOO_OLD}: `} || detail, ${TOO_OLD})
    WHERE state = 'waiting' AND channel = ${channel} AND at < ${bound(oldestSent(now))} RETURNING tries`
  if (old.length > 0) yield* Effect.logWarning(`alerts: ${channel}: ${old.length} messages are given up: ${TOO_OLD}`)
})

const write = Effect.fnUntraced(function* (channel: ChannelName, message: string, delivery: Delivery) {
  yield* updateDelivery(channel, message, delivery)
  if (delivery.state !== "given_up") return
  yield* Effect.logWarning(`alerts: ${channel}: the message "${message}" is given up: ${delivery.detail ?? TOO_OLD}`)
})

const WaitingRow = Schema.Struct({
  channel: ChannelName,
  messages: Schema.Int,
  oldest: Schema.Number,
  next: Schema.Number,
  detail: Schema.NullOr(Schema.String)
})
const decodeWaiting = Schema.decodeUnknown(Schema.Array(WaitingRow))

/** The methods about messages on their way. */
export const deliveryMethods = (
  calls: Calls,
  records: Records,
  redact: Redactor
): Methods<"take" | "sent" | "notSent" | "waiting"> => {
  const { decode, failures, read, transaction } = calls
  const leaveOutOf = leaveOut(calls, records)

  /** The undelivered messages of a channel in their order. Those whose senders are lost can be taken, or are given up. */
  const undelivered = Effect.fnUntraced(function* (channel: ChannelName, now: number) {
    const rows = yield* deliveriesWhere(
      calls,
      (sql) => sql`d.state IN ('waiting', 'sending') AND d.channel = ${channel} ORDER BY d.place`
    )
    return yield* Effect.forEach(rows, (row) => {
      if (!isLost(row, now)) return Effect.succeed(row)
      const found: DeliveryRow = { ...lostAt(row, now), message: row.message }
      return Effect.as(write(channel, row.message, found), found)
    })
  })

  /** Changes the delivery of a message that was taken. */
  const change = Effect.fnUntraced(function* (
    { channel, message: { id } }: Taken,
    next: (delivery: Delivery, now: number) => Delivery
  ) {
    const [row] = yield* deliveriesWhere(calls, (sql) => sql`d.channel = ${channel} AND d.message = ${id}`)
    if (row === undefined) return
    const changed = next(row, yield* Clock.currentTimeMillis)
    if (changed !== row) yield* write(channel, id, changed)
  })

  return {
    take: Effect.fn("Outbox.take")(function* (channel: ChannelName) {
      const now = yield* Clock.currentTimeMillis
      yield* giveUpOld(channel, now)
      yield* leaveOutOf(channel)
      const next = nextToSend(yield* undelivered(channel, now), now)
      if (Option.isNone(next)) return Option.none()
      const { isRepeat, message: id, tries } = next.value
      yield* updateDelivery(channel, id, takenAt(next.value, now))
      const [row] = yield* sql<{ message: string }>`SELECT message FROM messages WHERE id = ${id}`
      if (row === undefined) return yield* failures.corrupt(`the message ${id} is gone`)
      const message = yield* decode(records.messages, row.message)
      return Option.some<Taken>({ channel, message, mayBeRepeat: isRepeat, tries })
    }, transaction),

    sent: Effect.fn("Outbox.sent")(
      (taken: Taken) => change(taken, (delivery) => afterSent(delivery, taken)),
      transaction
    ),

    notSent: Effect.fn("Outbox.notSent")((taken: Taken, why: NotSent) => {
      const known = { ...why, detail: shownText(redact(why.detail)) }
      return change(taken, (delivery, now) => afterNotSent(delivery, taken, known, now))
    }, transaction),

    // `holding`: the first message that holds back the others.
    waiting: Clock.currentTimeMillis.pipe(
      Effect.flatMap(
        (now) => sql`WITH undelivered AS (
            SELECT channel, place, at, next, failed, detail,
              state = 'sending' OR (tries > 0 AND reason <> 'refused') AS holds
            FROM deliveries WHERE state IN ('waiting', 'sending') AND at >= ${bound(oldestSent(now))}
          ),
          holding AS (SELECT channel, min(place) AS place FROM undelivered WHERE holds GROUP BY channel)
          SELECT u.channel, count(*) AS messages, min(u.at) AS oldest,
            min(CASE WHEN h.place IS NULL OR u.place <= h.place THEN u.next END) AS next,
            (SELECT l.detail FROM undelivered l WHERE l.channel = u.channel AND l.failed IS NOT NULL
              ORDER BY l.failed DESC, l.place DESC LIMIT 1) AS detail
          FROM undelivered u LEFT JOIN holding h ON h.channel = u.channel
          GROUP BY u.channel ORDER BY u.channel`
      ),
      Effect.flatMap((rows) => Effect.mapError(decodeWaiting(rows), ({ message }) => failures.corrupt(message))),
      Effect.map((rows) => rows.map((row): Waiting => ({ ...row, detail: row.detail ?? undefined }))),
      read,
      Effect.withSpan("Outbox.waiting")
    )
  }
}
