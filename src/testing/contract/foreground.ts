import { Effect, type Layer, type Scope } from "effect"
import { Exec } from "../../exec/Exec.ts"
import { assert } from "./assert.ts"
import { collect } from "./collect.ts"
import type { Contract } from "./suite.ts"

/** A layer of `Exec`, which can start `sh`. */
export interface ForegroundWorld {
  readonly layer: Layer.Layer<Exec>
}

/**
 * What every layer of `Exec` must do with a command on the terminal.
 *
 * @example
 * contract.keeps({ describe, it }, "NodeExec", contract.foreground(Effect.succeed({ layer: NodeExec.layer })))
 */
export const foreground = (makeWorld: Effect.Effect<ForegroundWorld, never, Scope.Scope>): Contract =>
  collect(Exec, makeWorld, (checkIn) => {
    const check = checkIn("a command on the terminal")
    const run = (exec: Exec["Type"], command: string, script: string) =>
      exec.foreground({ tool: "pager", command, args: ["-c", script], cwd: "/", input: "a text" })

    check("gives its exit code", (exec) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* run(exec, "sh", "exit 0"), 0)
        assert.strictEqual(yield* run(exec, "sh", "exit 7"), 7)
      })
    )

    check("fails if there is no such command", (exec) =>
      Effect.map(Effect.flip(run(exec, "no-such-command-here", "exit 0")), ({ _tag, reason }) =>
        assert.deepStrictEqual([_tag, reason], ["ExecNotStarted", "not_found"])
      )
    )
  })
