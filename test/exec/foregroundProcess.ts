import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"

/** A program that lets a person use a command: a script for `sh`, with this text as its stdin. Then it goes on for two seconds. */
const [script = "", input = ""] = process.argv.slice(2)

NodeRuntime.runMain(
  Effect.gen(function* () {
    const exec = yield* Exec
    const exit = yield* exec.foreground({ tool: "pager", command: "sh", args: ["-c", script], cwd: "/", input })
    process.stdout.write(`went on after ${exit}\n`)
    yield* Effect.sleep("2 seconds")
    process.stdout.write("ended by itself\n")
  }).pipe(
    Effect.onInterrupt(() => Effect.sync(() => process.stdout.write("interrupted\n"))),
    Effect.provide(NodeExec.layer)
  ),
  { disableErrorReporting: true }
)
