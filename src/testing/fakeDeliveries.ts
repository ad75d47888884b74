import { Array as Arr, Option, Order } from "effect"
import type { ChannelName, Message } from "../domain/Message.ts"
import {
  holdsBack,
  isLost,
  lostAt,
  nextToSend,
  oldestSent,
  takenAt,
  TOO_OLD,
  type Delivery
} from "../journal/deliveries.ts"
import { byKind, deliveryFor, LEFT_OUT, messageFor, type LeftOut } from "../journal/leftOut.ts"
import { MOST_WAITING, NEWEST_KEPT, type Taken, type Waiting } from "../journal/Outbox.ts"

/** A message on its way through one channel. */
export interface FakeDelivery extends Delivery {
  readonly channel: ChannelName
  readonly message: Message
  /** Its order in the channel. */
  readonly place: number
  /** Of a message that stands for others. */
  readonly leftOut?: ReadonlyArray<LeftOut>
}

type Deliveries = ReadonlyArray<FakeDelivery>

const isSame = (a: FakeDelivery, b: FakeDelivery) => a.channel === b.channel && a.message.id === b.message.id

export const changedTo = (each: FakeDelivery, change: Partial<Delivery>): FakeDelivery => ({ ...each, ...change })

/** The deliveries with these in the place of the earlier ones. */
export const replaced = (all: Deliveries, changed: Deliveries): Deliveries =>
  all.map((each) => changed.find((other) => isSame(each, other)) ?? each)

const isUndelivered = ({ state }: Delivery) => state === "waiting" || state === "sending"

const undelivered = (all: Deliveries, channel: ChannelName): Deliveries =>
  all.filter((each) => each.channel === channel && isUndelivered(each)).toSorted((a, b) => a.place - b.place)

const giveUpOld = (all: Deliveries, channel: ChannelName, now: number): Deliveries => {
  const old = undelivered(all, channel).filter(
    ({ message, state }) => state === "waiting" && message.at < oldestSent(now)
  )
  const why = ({ detail }: Delivery) => (detail === undefined ? TOO_OLD : `${TOO_OLD}: ${detail}`)
  return replaced(
    all,
    old.map((each) => changedTo(each, { state: "given_up", detail: why(each) }))
  )
}

const countsOf = ({ leftOut, message: { at, kind } }: FakeDelivery): ReadonlyArray<LeftOut> =>
  leftOut ?? [{ kind, messages: 1, first: at, last: at }]

const leaveOut = (all: Deliveries, channel: ChannelName, now: number): Deliveries => {
  const waiting = undelivered(all, channel).filter(({ state }) => state === "waiting")
  const these = waiting.slice(0, -NEWEST_KEPT)
  const last = these.at(-1)
  if (waiting.length <= MOST_WAITING || last === undefined) return all
  const leftOut = byKind(these.flatMap(countsOf))
  const delivery = deliveryFor(these.find(holdsBack), Math.min(...these.map(({ next }) => next)))
  const message = messageFor(channel, last.message, leftOut, now)
  const over = these.map((each) => changedTo(each, { state: "given_up", detail: LEFT_OUT }))
  return [...replaced(all, over), { ...delivery, channel, message, place: last.place, leftOut }]
}

/** What `take` gives, and the deliveries after it. */
export const take = (
  all: Deliveries,
  channel: ChannelName,
  now: number
): readonly [taken: Option.Option<Taken>, after: Deliveries] => {
  const kept = leaveOut(giveUpOld(all, channel, now), channel, now)
  const found = undelivered(kept, channel).map((each) =>
    isLost(each, now) ? changedTo(each, lostAt(each, now)) : each
  )
  const after = replaced(kept, found)
  return Option.match(nextToSend(found, now), {
    onNone: () => [Option.none(), after],
    onSome: (next) => [
      Option.some({ channel, message: next.message, mayBeRepeat: next.isRepeat, tries: next.tries }),
      replaced(after, [changedTo(next, takenAt(next, now))])
    ]
  })
}

const lastFailed = Order.mapInput(
  Order.tuple(Order.number, Order.number),
  ({ failed = 0, place }: FakeDelivery): [number, number] => [failed, place]
)

/** What waits for each channel. */
export const waiting = (all: Deliveries, now: number): ReadonlyArray<Waiting> =>
  Object.values(
    Arr.groupBy(
      all.filter((each) => isUndelivered(each) && each.message.at >= oldestSent(now)),
      ({ channel }) => channel
    )
  )
    .map((each): Waiting => {
      const held = each.find(holdsBack)
      const next = each.filter(({ place }) => held === undefined || place <= held.place).map(({ next }) => next)
      const tried = each.filter(({ failed }) => failed !== undefined)
      return {
        channel: each[0].channel,
        messages: each.length,
        oldest: Math.min(...each.map(({ message }) => message.at)),
        next: Math.min(...next),
        detail: Arr.isNonEmptyReadonlyArray(tried) ? Arr.max(tried, lastFailed).detail : undefined
      }
    })
    .toSorted((a, b) => (a.channel < b.channel ? -1 : 1))
