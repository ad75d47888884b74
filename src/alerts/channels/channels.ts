import { Effect, Layer } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import type { Exec } from "../../exec/Exec.ts"
import { Channels, type Channel } from "../Channel.ts"
import * as command from "./command.ts"
import * as mail from "./mail.ts"

/** Imports the HTTP client only if it is needed: that takes longer than the rest. */
const overHttp = (settings: Pick<Settings, "alerts">): Effect.Effect<ReadonlyArray<Channel>> =>
  settings.alerts.slack === undefined && settings.alerts.webhook === undefined
    ? Effect.succeed([])
    : Effect.flatMap(
        Effect.promise(() => import("./overHttp.ts")),
        ({ overHttp }) => overHttp(settings)
      )

/**
 * The channels that the settings name: Slack, webhook, mail, command, in this order.
 *
 * @example
 * program.pipe(Effect.provide(AlertChannels.layer(settings)), Effect.provide(NodeExec.layer))
 */
export const layer = (settings: Pick<Settings, "alerts">): Layer.Layer<never, never, Exec> =>
  Layer.effect(
    Channels,
    Effect.gen(function* () {
      const { alerts } = settings
      return [
        ...(yield* overHttp(settings)),
        ...(alerts.mail.length === 0 ? [] : [yield* mail.make(alerts.mail, alerts.sendmail)]),
        ...(alerts.command === undefined ? [] : [yield* command.make(alerts.command)])
      ]
    })
  )
