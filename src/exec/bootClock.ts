import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import * as os from "node:os"
import { BootClock } from "../domain/BootClock.ts"
import type { ProcessTable } from "./processTable.ts"
import { systemTable } from "./systemTable.ts"

/** `BootClock` on this host. If the boot has no name here, times of two processes cannot be compared. */
export const layerOn = ({ boot }: Pick<ProcessTable, "boot">): Layer.Layer<never> =>
  Layer.effect(
    BootClock,
    Effect.map(
      Effect.orElse(boot, () => Effect.sync(() => `of one process: ${randomUUID()}`)),
      (boot) => ({ now: Effect.sync(() => ({ boot, millis: Math.round(os.uptime() * 1000) })) })
    )
  )

/** `BootClock` on this host. */
export const layer: Layer.Layer<never> = layerOn(systemTable)
