import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { Exec, ProcessIdentity } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { processState, stateFromPs } from "../../src/exec/processState.ts"
import { eventually } from "../contract/support.ts"

const ways = [
  ["this system's way", undefined],
  ["ps", stateFromPs]
] as const

describe("processState", () => {
  for (const [name, way] of ways) {
    it.scopedLive(
      `${name}: a process runs, is stopped by a signal, runs again, and cannot be seen once it has ended`,
      () =>
        Effect.gen(function* () {
          const exec = yield* Exec
          const child = spawn("sleep", ["60"], { stdio: "ignore" })
          yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
          const identity = yield* exec.identify(child.pid ?? 0)
          assert.isDefined(identity)
          const state = processState(identity ?? ProcessIdentity.make({ pid: 2, startedAt: "", boot: "" }), way)
          const becomes = (wanted: string) => eventually(state, (now) => now === wanted, "10 seconds")
          yield* becomes("running")
          child.kill("SIGSTOP")
          yield* becomes("stopped")
          child.kill("SIGCONT")
          yield* becomes("running")
          child.kill("SIGKILL")
          yield* becomes("unseen")
        }).pipe(Effect.provide(NodeExec.layer))
    )
  }
})
