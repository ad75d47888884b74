import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import * as os from "node:os"
import { BootClock, wallClock } from "../domain/BootClock.ts"
import type { ProcessTable } from "./processTable.ts"
import { systemTable } from "./systemTable.ts"

const ofHost = ({ boot }: Pick<ProcessTable, "boot">): Effect.Effect<typeof wallClock> =>
  Effect.map(
    // Without a name, times of two processes cannot be compared.
    Effect.orElse(boot, () => Effect.sync(() => `of one process: ${randomUUID()}`)),
    (boot) => ({ now: Effect.sync(() => ({ boot, millis: Math.round(os.uptime() * 1000) })) })
  )

/** `BootClock` on this host, unless the program that is composed of our layers has set one. */
export const layerOn = (table: Pick<ProcessTable, "boot">): Layer.Layer<never> =>
  Layer.effect(
    BootClock,
    Effect.flatMap(BootClock, (clock) => (clock === wallClock ? ofHost(table) : Effect.succeed(clock)))
  )

/** `BootClock` on this host. */
export const layer: Layer.Layer<never> = layerOn(systemTable)
