import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { backgroundIn, runnerContract, type RunnerWorld } from "../../contract/runnerContract.ts"
import { beadsId } from "../../contract/support.ts"
import { makeWorld } from "./localWorld.ts"

const world = Effect.map(makeWorld, (local): RunnerWorld => ({
  layer: local.runner,
  provider: (kind) =>
    kind === "broken"
      ? Provider.make({ name: ProviderName.make("broken"), command: [path.join(local.root, "nowhere"), "{prompt}"] })
      : local.provider(kind),
  request: (id, provider, prompt) => Effect.sync(() => local.request(id, provider, prompt)),
  agentAlive: (id) =>
    Effect.flatMap(Exec, (exec) => Effect.forEach(local.agents(id), exec.identify)).pipe(
      Effect.map((found) => found.some((process) => process !== undefined)),
      Effect.orDie,
      Effect.provide(NodeExec.layer)
    ),
  promptSeen: (id) =>
    Effect.sync(() => {
      const file = path.join(local.worktree(id), "prompt.seen")
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined
    }),
  loseRecord: (id) => Effect.sync(() => fs.rmSync(path.join(local.stateDir, "jobs", id), { recursive: true })),
  background: backgroundIn(local.worktree),
  full: Effect.gen(function* () {
    const provider = local.provider("slow", 1)
    const runner = yield* DxRunner
    yield* Effect.orDie(runner.start(local.request(beadsId("bd-full"), provider)))
    return provider
  }).pipe(Effect.provide(local.runner))
}))

runnerContract("LocalRunner", world)
