import { Clock, Context, Effect, Layer, SynchronizedRef } from "effect"
import type { OpenCondition } from "../domain/Condition.ts"
import type { ChannelName, Message } from "../domain/Message.ts"
import { Redact } from "../domain/Redaction.ts"
import { afterNotSent, afterSent, queued, type Delivery } from "../journal/deliveries.ts"
import { Outbox, type Compared, type Taken } from "../journal/Outbox.ts"
import { makeRecords } from "../journal/records.ts"
import { asWritten } from "./asWritten.ts"
import { changedTo, replaced, take, waiting, type FakeDelivery } from "./fakeDeliveries.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Outbox["Type"]

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeOutboxScript {
  /** The conditions that earlier runs left open. Default: none. */
  readonly open?: ReadonlyArray<OpenCondition>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The state behind `FakeOutbox`.
 *
 * @example
 * const messages = Effect.flatMap(FakeOutboxState, (state) => state.messages)
 */
export class FakeOutboxState extends Context.Tag("nightly-dispatch/testing/FakeOutboxState")<
  FakeOutboxState,
  FakeControls<Service> & {
    /** Every message that was queued, in order. */
    readonly messages: Effect.Effect<ReadonlyArray<Message>>
    /** How far each message is on its way, and that of a message that stands for others. */
    readonly deliveries: Effect.Effect<ReadonlyArray<FakeDelivery>>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`. The id is the channel.
 *
 * @example
 * FakeOutbox.after("sent", "slack").hangs()
 */
export const { after, on } = faultsOf<Service>()

interface Memory {
  readonly open: ReadonlyArray<OpenCondition>
  readonly messages: ReadonlyArray<Message>
  readonly deliveries: ReadonlyArray<FakeDelivery>
}

const byKey = (open: ReadonlyArray<OpenCondition>): ReadonlyArray<OpenCondition> =>
  [...new Map(open.map((each) => [each.condition.key, each])).values()].toSorted((a, b) =>
    a.condition.key < b.condition.key ? -1 : 1
  )

/**
 * An outbox in memory, as strict as the real one: conditions and messages hold no secrets, each message is queued once, one sender
 * at a time has it, and it is tried again and given up at the same times.
 *
 * @example
 * FakeOutbox.layer({ faults: [FakeOutbox.on("sent", "slack").fails(diskFull).times(1)] })
 */
export const layer = (script: FakeOutboxScript = {}): Layer.Layer<Outbox | FakeOutboxState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const records = makeRecords(yield* Redact)
      const redact = yield* Redact
      const memory = yield* SynchronizedRef.make<Memory>({
        open: byKey(script.open ?? []),
        messages: [],
        deliveries: []
      })
      const { call, controls } = yield* makeControls<Service>("Outbox", script.faults)

      const compare = (channels: ReadonlyArray<ChannelName>, decide: (open: Memory["open"]) => Compared) =>
        SynchronizedRef.modifyEffect(
          memory,
          Effect.fnUntraced(function* ({ deliveries, messages, open }) {
            const decided = decide(open)
            const known = new Set(messages.map(({ id }) => id))
            const wanted = new Map(decided.messages.map((each) => [each.message.id, each]))
            const written: Array<Message> = []
            const added: Array<FakeDelivery> = []
            for (const { message, notBefore } of wanted.values()) {
              if (known.has(message.id)) continue
              const record = yield* asWritten(records.messages, message)
              written.push(record)
              const place = messages.length + written.length
              for (const channel of new Set(channels)) {
                added.push({ ...queued(notBefore), channel, message: record, place })
              }
            }
            const after: Memory = {
              open: byKey(yield* Effect.forEach(decided.open, (each) => asWritten(records.conditions, each))),
              messages: [...messages, ...written],
              deliveries: [...deliveries, ...added]
            }
            return [written, after]
          })
        )

      /** Changes the delivery of a message that was taken. */
      const change = ({ channel, message }: Taken, next: (delivery: Delivery, now: number) => Delivery) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          SynchronizedRef.update(memory, ({ deliveries, ...others }) => {
            const found = deliveries.filter((each) => each.channel === channel && each.message.id === message.id)
            const changed = found.map((each) => changedTo(each, next(each, now)))
            return { ...others, deliveries: replaced(deliveries, changed) }
          })
        )

      const service: Service = {
        open: Effect.map(SynchronizedRef.get(memory), ({ open }) => open).pipe(call("open", undefined, [])),
        compare: (channels, decide) => compare(channels, decide).pipe(call("compare", undefined, [channels, decide])),
        take: (channel) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            SynchronizedRef.modify(memory, ({ deliveries, ...others }) => {
              const [taken, after] = take(deliveries, channel, now)
              return [taken, { ...others, deliveries: after }]
            })
          ).pipe(call("take", channel, [channel])),
        sent: (taken) =>
          change(taken, (delivery) => afterSent(delivery, taken)).pipe(call("sent", taken.channel, [taken])),
        notSent: (taken, why) => {
          const known = { ...why, detail: redact(why.detail) }
          return change(taken, (delivery, now) => afterNotSent(delivery, taken, known, now)).pipe(
            call("notSent", taken.channel, [taken, why])
          )
        },
        waiting: Effect.zipWith(SynchronizedRef.get(memory), Clock.currentTimeMillis, ({ deliveries }, now) =>
          waiting(deliveries, now)
        ).pipe(call("waiting", undefined, []))
      }

      return Context.make(Outbox, service).pipe(
        Context.add(FakeOutboxState, {
          ...controls,
          messages: Effect.map(SynchronizedRef.get(memory), ({ messages }) => messages),
          deliveries: Effect.map(SynchronizedRef.get(memory), ({ deliveries }) => deliveries)
        })
      )
    })
  )
