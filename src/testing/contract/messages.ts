import { Option, Effect } from "effect"
import type { OpenCondition } from "../../domain/Condition.ts"
import type { ChannelName, Message } from "../../domain/Message.ts"
import { Outbox, type Queued, type Taken } from "../../journal/Outbox.ts"

/** The n-th message, made at this time. */
export const messageOf = (n: number, at: number, changes: Partial<Message> = {}): Message => ({
  id: `m-${n}`,
  key: `gave_up bd-${n}`,
  kind: "gave_up",
  change: "raised",
  level: "warning",
  at,
  host: "vm-1",
  repository: "shop",
  what: `all attempts at bd-${n} failed`,
  lines: [],
  commands: [`nightly-dispatch explain bd-${n}`],
  ...changes
})

export const conditionOf = (n: number, fingerprint = "3 attempts"): OpenCondition => ({
  condition: {
    key: `gave_up bd-${n}`,
    kind: "gave_up",
    level: "warning",
    beads: `bd-${n}`,
    what: `all attempts at bd-${n} failed`,
    commands: [],
    fingerprint
  },
  since: n
})

/** Queues these messages for these channels, and changes no condition. */
export const queue = Effect.fn("queue")(function* (
  messages: ReadonlyArray<Message | Queued>,
  channels: ReadonlyArray<ChannelName> = ["slack"]
) {
  const outbox = yield* Outbox
  return yield* outbox.compare(channels, (open) => ({
    open,
    messages: messages.map((each) => ("message" in each ? each : { message: each, notBefore: 0 }))
  }))
})

/** Takes the next message, which there must be. */
export const takeNext = Effect.fn("takeNext")(function* (channel: ChannelName = "slack") {
  const outbox = yield* Outbox
  return yield* Effect.flatMap(
    outbox.take(channel),
    Option.match({
      onNone: () => Effect.dieMessage(`no message can be taken for ${channel}`),
      onSome: (taken: Taken) => Effect.succeed(taken)
    })
  )
})

/** The id of the next message, as it is taken; `undefined` if none can be taken now. */
export const nextId = (channel: ChannelName = "slack") =>
  Effect.flatMap(Outbox, (outbox) =>
    Effect.map(outbox.take(channel), (taken) => Option.getOrUndefined(taken)?.message.id)
  )

/** Sends all that can be sent now; gives the ids. */
export const sendAll = Effect.fn("sendAll")(function* (channel: ChannelName = "slack") {
  const outbox = yield* Outbox
  const ids: Array<string> = []
  for (;;) {
    const taken = yield* outbox.take(channel)
    if (Option.isNone(taken)) return ids
    ids.push(taken.value.message.id)
    yield* outbox.sent(taken.value)
  }
})
