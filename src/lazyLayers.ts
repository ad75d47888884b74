import { Layer } from "effect"
import { hasChannel, type Settings } from "./domain/Settings.ts"
import type { Exec } from "./exec/Exec.ts"
import { importedLayer } from "./importedLayer.ts"

/**
 * The heartbeat of `alerts.deadMan`; without it, one that does nothing. Imports the HTTP client only if it is needed.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(heartbeat(settings)))
 */
export const heartbeat = ({ alerts: { deadMan } }: Settings): Layer.Layer<never> =>
  deadMan === undefined
    ? Layer.empty
    : importedLayer(
        () => import("./alerts/http/HttpHeartbeat.ts"),
        ({ onFetch }) => onFetch(new URL(deadMan))
      )

/**
 * The channels that `alerts` names; none if it names none. Imports what they need only then.
 *
 * @example
 * Effect.map(Channels, (all) => all.length).pipe(Effect.provide(alertChannels(settings)), Effect.provide(NodeExec.layer))
 */
export const alertChannels = (settings: Settings): Layer.Layer<never, never, Exec> =>
  hasChannel(settings)
    ? importedLayer(
        () => import("./alerts/channels/channels.ts"),
        ({ layer }) => layer(settings)
      )
    : Layer.empty
