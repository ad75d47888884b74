import { Array as Arr, Schema } from "effect"
import { AlertKind } from "../domain/AlertKind.ts"
import { localZone } from "../domain/localZone.ts"
import type { ChannelName, Message } from "../domain/Message.ts"
import { timeOf } from "../domain/times.ts"
import { queued, type Delivery } from "./deliveries.ts"
import { MOST_WAITING } from "./Outbox.ts"

/** The messages of one kind that one message stands for. Milliseconds since the epoch. */
export const LeftOut = Schema.Struct({
  kind: AlertKind,
  messages: Schema.Int,
  first: Schema.JsonNumber,
  last: Schema.JsonNumber
})
export type LeftOut = typeof LeftOut.Type

/** One entry for each kind, the commonest first. */
export const byKind = (parts: ReadonlyArray<LeftOut>): ReadonlyArray<LeftOut> =>
  Object.values(Arr.groupBy(parts, ({ kind }) => kind))
    .map(([first, ...others]) =>
      others.reduce(
        (sum, part) => ({
          kind: sum.kind,
          messages: sum.messages + part.messages,
          first: Math.min(sum.first, part.first),
          last: Math.max(sum.last, part.last)
        }),
        first
      )
    )
    .toSorted((a, b) => b.messages - a.messages || a.first - b.first || a.kind.localeCompare(b.kind))

/** The message that stands for these, of which `newest` is the newest. */
export const messageFor = (
  channel: ChannelName,
  newest: Message,
  leftOut: ReadonlyArray<LeftOut>,
  now: number
): Message => {
  const timeIn = (at: number) => timeOf(at, { now, zone: localZone })
  const messages = leftOut.reduce((sum, part) => sum + part.messages, 0)
  return {
    id: `left out ${channel} ${newest.id}`,
    key: `left out ${channel}`,
    kind: "digest",
    change: "digest",
    level: "warning",
    at: now,
    host: newest.host,
    repository: newest.repository,
    what: `${messages} messages were left out, because more than ${MOST_WAITING} waited for ${channel}`,
    since: Math.min(...leftOut.map(({ first }) => first)),
    follows: "they are not sent any more; status shows what still holds",
    lines: leftOut.map(
      ({ first, kind, last, messages }) =>
        `${messages} × ${kind.replaceAll("_", " ")} (${timeIn(first)} to ${timeIn(last)})`
    ),
    commands: ["nightly-dispatch status"]
  }
}

/**
 * Its delivery. `held`: the oldest of the messages it stands for that holds back the others; the channel is tried no sooner than
 * for that one. `next`: when the first of them may be taken.
 */
export const deliveryFor = (held: Delivery | undefined, next: number): Delivery =>
  held === undefined ? queued(next) : { ...held, isRepeat: false }

/** Why each message that it stands for is given up. */
export const LEFT_OUT = "too many messages waited: it is counted in a later one"
