import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { teardown, type Signal } from "./exit.ts"
import { main } from "./main.ts"
import * as platform from "./terminal/platform.ts"
import * as processStreams from "./terminal/processStreams.ts"
import * as surroundings from "../surroundings.ts"

let received: Signal | undefined
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    received ??= signal
  })
}
// The runtime listens for SIGINT and SIGTERM only. SIGHUP (a closed terminal) must roll back too, so it sends SIGTERM.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

const layer = Layer.merge(platform.layer, Layer.provideMerge(processStreams.layer, surroundings.layer))

NodeRuntime.runMain(Effect.provide(main(process.argv), layer), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: teardown(() => received)
})
