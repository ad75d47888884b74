import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Ref } from "effect"
import * as fs from "node:fs"
import { Outbox, type Taken } from "../../../src/journal/Outbox.ts"
import type { OpenCondition } from "../../../src/domain/Condition.ts"
import { threeWeeks } from "./weeks.ts"

const FILE = new URL("weeks.txt", import.meta.url)

const memory = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const open = yield* Ref.make<ReadonlyArray<OpenCondition>>([])
    const queue = yield* Ref.make<ReadonlyArray<{ taken: Taken; next: number }>>([])
    return Outbox.of({
      open: Ref.get(open),
      compare: (_channels, decide) =>
        Effect.gen(function* () {
          const { messages, open: now } = decide(yield* Ref.get(open))
          yield* Ref.set(open, now)
          yield* Ref.update(queue, (all) => [
            ...all,
            ...messages.map(({ message, notBefore }) => ({
              taken: { message, mayBeRepeat: false, channel: "slack" as const, tries: 0 },
              next: notBefore
            }))
          ])
          return messages.map(({ message }) => message)
        }),
      take: () =>
        Effect.gen(function* () {
          const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          const all = yield* Ref.get(queue)
          const found = all.find(({ next }) => next <= now)
          if (found === undefined) return Option.none()
          yield* Ref.set(
            queue,
            all.filter((each) => each !== found)
          )
          return Option.some(found.taken)
        }),
      sent: () => Effect.void,
      notSent: () => Effect.void,
      waiting: Effect.succeed([])
    })
  })
)

describe("three weeks", () => {
  it.effect("tell a person this, no more and no less", () =>
    Effect.gen(function* () {
      const told = `${yield* threeWeeks}\n`
      if (process.env["UPDATE"] !== undefined) fs.writeFileSync(FILE, told)
      assert.strictEqual(told, fs.readFileSync(FILE, "utf8"))
    }).pipe(Effect.provide(memory), Effect.orDie)
  )
})
