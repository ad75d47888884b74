import * as Command from "@effect/cli/Command"
import { Clock, Duration, Effect, Either, Schema } from "effect"
import { Channels } from "../../alerts/Channel.ts"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { ChannelName, type Message } from "../../domain/Message.ts"
import { oneLine } from "../../domain/Text.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { channelLayer, layer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { alertPass } from "../../report/alerts/alertPass.ts"
import { table } from "../../report/text/table.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { frameHere } from "../frame.ts"
import { guarded } from "../guarded.ts"
import { json, repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

/** A command of its own has time to empty an outbox. */
const DELIVER_TIME = Duration.minutes(2)

const NO_CHANNEL =
  "no channel is set: nobody is told of anything. Set one of alerts.slack, alerts.webhook, alerts.mail, alerts.command"

/** What `alerts test --json` and `alerts deliver --json` print. */
const Report = Schema.Struct({
  channels: Schema.Array(
    Schema.Struct({
      channel: ChannelName,
      target: Schema.String,
      sent: Schema.Int,
      /** Why the last message that failed did. */
      failed: Schema.optional(Schema.String)
    })
  )
})
type Report = typeof Report.Type
const encodeReport = jsonDocument(Report)

const render = ({ channels }: Report, nothing: string): string =>
  channels.length === 0
    ? NO_CHANNEL
    : table(
        ["channel", "to", "now", "detail"],
        channels.map(({ channel, failed, sent, target }) => [
          channel,
          target,
          failed !== undefined ? "failed" : sent === 0 ? nothing : "sent",
          failed ?? (sent > 1 ? `${sent} messages` : "")
        ])
      )

/** Exit 1 if a channel did not take its message, or if there is none. */
const print = (report: Report, asJson: boolean, nothing: string) => {
  const isDone = report.channels.length > 0 && report.channels.every(({ failed }) => failed === undefined)
  return printResult(isDone ? EXIT.ok : EXIT.no, asJson ? encodeReport(report) : render(report, nothing))
}

const testMessage = Effect.gen(function* () {
  const place = yield* newRun(yield* CurrentSettings, yield* ThisProcess)
  const { host, repository, run } = place
  return {
    id: `${host}/${repository.name} test ${run}`,
    key: "test",
    kind: "test",
    change: "test",
    level: "info",
    at: yield* Clock.currentTimeMillis,
    host,
    repository: repository.name,
    what: "a test: what needs you is told here",
    lines: [],
    commands: ["nightly-dispatch status"]
  } satisfies Message
})

const test = Command.make("test", { json, repo }, (flags) =>
  Effect.gen(function* () {
    const [channels, message] = yield* Effect.all([Channels, testMessage])
    const sent = yield* Effect.forEach(
      channels,
      ({ name: channel, send, target }) =>
        Effect.map(Effect.either(send({ message, mayBeRepeat: false })), (result) => ({
          channel,
          target,
          sent: Either.isRight(result) ? 1 : 0,
          failed: Either.isLeft(result) ? oneLine(result.left.message, 500) : undefined
        })),
      { concurrency: "unbounded" }
    )
    return yield* print({ channels: sent }, flags.json, "")
  }).pipe(guarded("alerts", true))
).pipe(
  Command.withDescription("Send a test message to each channel, and say what came back"),
  Command.provide((flags) =>
    configured(({ settings }, surroundings) => channelLayer(settings, surroundings), { flags: repoSetting(flags.repo) })
  )
)

const deliver = Command.make("deliver", { json, repo }, (flags) =>
  Effect.gen(function* () {
    const place = yield* newRun(yield* CurrentSettings, yield* ThisProcess)
    const { program } = yield* frameHere(flags.repo)
    const delivered = yield* withLimits(alertPass(Effect.succeed(place), { program, time: DELIVER_TIME }))
    const channels = delivered.map(({ channel: { name: channel, target }, failed, sent }) => {
      return { channel, target, sent, failed: failed === undefined ? undefined : oneLine(failed, 500) }
    })
    return yield* print({ channels }, flags.json, "nothing to send")
  }).pipe(guarded("alerts", true))
).pipe(
  Command.withDescription("Look for new alerts and send all that wait. A cron line of its own can run this"),
  Command.provide((flags) =>
    configured(({ settings }, surroundings) => layer(settings, surroundings), { flags: repoSetting(flags.repo) })
  )
)

export const alertsCommand = Command.make("alerts").pipe(
  Command.withDescription("Try the channels, or send what waits for them"),
  Command.withSubcommands([test, deliver])
)
