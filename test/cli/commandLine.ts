import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, type Context } from "effect"
import * as os from "node:os"
import { main } from "../../src/cli/main.ts"
import type { ThisProcess } from "../../src/surroundings.ts"
import { inMemory } from "./memory.ts"

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command line in the test's process, which saves the start of a Node: most of what a call takes. `around`: what it takes
 * for its own process, such as the program that it starts as a watcher.
 */
export const commandLine = (
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  cwd: string,
  around: Partial<Context.Tag.Service<ThisProcess>> = {}
): Effect.Effect<Finished> =>
  Effect.suspend(() => {
    const { err, layer, out } = inMemory({
      environment: env,
      cwd,
      home: env["HOME"],
      tempDir: env["TMPDIR"] ?? "/tmp",
      host: os.hostname(),
      ...around
    })
    return main(["node", "nightly-dispatch", ...args]).pipe(
      Effect.provide(Layer.merge(layer, NodeContext.layer)),
      Effect.map((code) => ({ code, stdout: out.join(""), stderr: err.join("") }))
    )
  })
