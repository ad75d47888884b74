import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import type { Channel } from "../Channel.ts"
import * as slack from "./slack.ts"
import * as webhook from "./webhook.ts"

/** The channels that need the HTTP client, on that of Node. */
export const overHttp = ({ alerts }: Pick<Settings, "alerts">): Effect.Effect<ReadonlyArray<Channel>> =>
  Effect.all([
    ...(alerts.slack === undefined ? [] : [slack.make(new URL(alerts.slack))]),
    ...(alerts.webhook === undefined ? [] : [webhook.make(new URL(alerts.webhook), alerts.webhookSecret)])
  ]).pipe(Effect.provide(FetchHttpClient.layer))
