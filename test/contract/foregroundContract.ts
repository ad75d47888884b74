import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { Exec, type ForegroundSpec } from "../../src/exec/Exec.ts"

/** The commands of the contract: `sh` with a script that ends with an exit code. */
export const exitCodeIn = ({ args, command }: ForegroundSpec): number | undefined =>
  command === "sh" ? Number(/exit (\d+)/.exec(args.join(" "))?.[1] ?? 0) : undefined

/** What every layer of `Exec` must do with a command on the terminal. */
export const foregroundContract = (name: string, layer: Layer.Layer<Exec>): void => {
  const foreground = (command: string, script: string) =>
    Effect.flatMap(Exec, (exec) =>
      exec.foreground({ tool: "pager", command, args: ["-c", script], cwd: "/", input: "a text" })
    ).pipe(Effect.provide(layer))

  describe(`${name}: a command on the terminal`, () => {
    it.live("gives its exit code", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* foreground("sh", "exit 0"), 0)
        assert.strictEqual(yield* foreground("sh", "exit 7"), 7)
      })
    )

    it.live("fails if there is no such command", () =>
      Effect.gen(function* () {
        const { _tag, reason } = yield* Effect.flip(foreground("no-such-command-here", "exit 0"))
        assert.deepStrictEqual([_tag, reason], ["ExecNotStarted", "not_found"])
      })
    )
  })
}
