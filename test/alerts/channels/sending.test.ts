import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { SEND_TIME, type Channel } from "../../../src/alerts/Channel.ts"
import * as command from "../../../src/alerts/channels/command.ts"
import * as mail from "../../../src/alerts/channels/mail.ts"
import * as slack from "../../../src/alerts/channels/slack.ts"
import * as webhook from "../../../src/alerts/channels/webhook.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import * as FakeExec from "../../../src/testing/FakeExec.ts"
import { outgoing } from "./messages.ts"

const address = new URL("https://hooks.example/0123456789")

const channels: Readonly<Record<string, Effect.Effect<Channel, never, Exec | HttpClient.HttpClient>>> = {
  slack: slack.make(address),
  webhook: webhook.make(address, undefined),
  mail: mail.make(["ops@example.org"], undefined),
  command: command.make(["notify"])
}

/** Services that never answer and keep to no limit. */
const hanging = Layer.merge(
  Layer.effect(
    Exec,
    Effect.map(Exec, (exec) => ({ ...exec, run: () => Effect.never }))
  ).pipe(Layer.provide(FakeExec.layer({ installed: { sendmail: "/usr/sbin/sendmail" } }))),
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.never)
  )
)

describe("a channel", () => {
  for (const [name, make] of Object.entries(channels))
    it.effect(`takes no longer than its time: ${name}`, () =>
      Effect.gen(function* () {
        const channel = yield* make
        const sending = yield* Effect.fork(Effect.flip(channel.send(outgoing)))
        yield* TestClock.adjust(SEND_TIME)
        const failure = yield* Effect.timeout(Fiber.join(sending), 0)
        assert.strictEqual(failure.reason, "unknown")
      }).pipe(Effect.provide(hanging))
    )
})
