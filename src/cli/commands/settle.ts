import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { importedLayer } from "../../importedLayer.ts"
import { configured } from "../Configuration.ts"
import { json } from "../root.ts"
import { metricsFile } from "../telemetry/metricsOption.ts"

const options = { json, metricsFile }

export type SettleFlags = Command.Command.ParseConfig<typeof options>

/** What works, which is imported once the settings are known. */
const handlers = () => import("../handlers/settle.ts")

export const settleCommand = Command.make("settle", options, (flags) =>
  Effect.flatMap(Effect.promise(handlers), ({ settle }) => settle(flags))
).pipe(
  Command.withDescription("Bring the attempts of earlier runs to their end, and keep the claims of running jobs alive"),
  Command.provide((flags) =>
    configured((loaded, surroundings) => importedLayer(handlers, ({ layers }) => layers(flags, loaded, surroundings)))
  )
)
