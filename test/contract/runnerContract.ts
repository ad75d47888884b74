import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { BeadsId } from "../../src/domain/Ids.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { contract, type Background, type ProviderKind, type RunnerWorld } from "../../src/testing/index.ts"
import { keeps, type KeepsOptions } from "./keeps.ts"
import { eventually } from "./support.ts"

export { type ProviderKind, type RunnerWorld }
export const { REFUSAL } = contract

/** The background processes of an agent, by the files in which they noted their pids. */
export const backgroundIn = (worktreeOf: (id: BeadsId) => string): Background => ({
  pids: (id) => {
    const pidIn = (name: string) =>
      eventually(
        Effect.sync(() => {
          const file = path.join(worktreeOf(id), name)
          return fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0
        }),
        (pid) => pid > 0
      )
    return Effect.all({ own: pidIn("own"), daemon: pidIn("daemon") })
  },
  isAlive: (pid) =>
    Effect.flatMap(Exec, (exec) => exec.identify(pid)).pipe(
      Effect.map((process) => process !== undefined),
      Effect.orDie,
      Effect.provide(NodeExec.layer)
    )
})

/** What every layer of `DxRunner` must do. */
export const runnerContract = (
  name: string,
  makeWorld: Effect.Effect<RunnerWorld, never, Scope.Scope>,
  options: KeepsOptions = {}
): void => keeps(`${name} keeps the runner's contract`, contract.runner(makeWorld), options)
