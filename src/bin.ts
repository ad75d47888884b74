#!/usr/bin/env node
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { main } from "./cli/main.ts"
import * as processTerminal from "./cli/terminal/processTerminal.ts"
import { teardown, type Leaving, type SIGNAL_EXIT } from "./cli/teardown.ts"

const leaving: Leaving = { signal: undefined }
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] satisfies ReadonlyArray<keyof typeof SIGNAL_EXIT>) {
  process.on(signal, () => {
    leaving.signal ??= signal
  })
}
// The runtime listens for SIGINT and SIGTERM only; a closed terminal must not leave a claim behind either.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

NodeRuntime.runMain(main(process.argv).pipe(Effect.provide(Layer.merge(NodeContext.layer, processTerminal.layer))), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: teardown(leaving)
})
