import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Channels } from "../../../src/alerts/Channel.ts"
import { Settings } from "../../../src/domain/Settings.ts"
import { alertChannels } from "../../../src/lazyLayers.ts"
import * as FakeExec from "../../../src/testing/FakeExec.ts"

const channelsOf = (alerts: object) =>
  Effect.gen(function* () {
    const settings = yield* Schema.decodeUnknown(Settings)({ repoPath: "/src/shop", alerts })
    return yield* Effect.map(Channels, (all) => all.map(({ name, target }) => [name, target])).pipe(
      Effect.provide(alertChannels(settings))
    )
  }).pipe(Effect.provide(FakeExec.layer()))

describe("the channels of the settings", () => {
  it.effect("are none by default", () =>
    Effect.map(channelsOf({ deadMan: "https://hc.example/ping" }), (all) => assert.deepStrictEqual(all, []))
  )

  it.effect("are those that are set, in order, each with a target that is no secret", () =>
    Effect.gen(function* () {
      const slack = "https://hooks.slack.com/services/T000/B000/0123456789"
      const webhook = "https://me:password-1@alerts.example:8443/hook?key=0123456789"
      assert.deepStrictEqual(
        yield* channelsOf({
          slack,
          webhook,
          webhookSecret: "s3cret",
          mail: ["ops@example.org", "root"],
          command: ["/usr/local/bin/notify", "--token=0123456789"]
        }),
        [
          ["slack", "hooks.slack.com"],
          ["webhook", "alerts.example:8443"],
          ["mail", "ops@example.org, root"],
          ["command", "/usr/local/bin/notify"]
        ]
      )
      assert.deepStrictEqual(yield* channelsOf({ command: ["notify"] }), [["command", "notify"]])
      assert.deepStrictEqual(yield* channelsOf({ webhook }), [["webhook", "alerts.example:8443"]])
    })
  )
})
