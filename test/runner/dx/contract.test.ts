import { describe } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { backgroundIn, runnerContract, type RunnerWorld } from "../../contract/runnerContract.ts"
import { REVISIONS } from "./recorded.ts"
import { makeDxWorld, provider } from "./dxRunnerWorld.ts"

for (const revision of REVISIONS) {
  const world = Effect.gen(function* (): Effect.fn.Return<RunnerWorld, never, Scope.Scope> {
    const dx = yield* makeDxWorld({
      revision,
      fault: "preflight:gemini=auth",
      env: { DX_RUNNER_MAX_PARALLEL_OPENCODE: "8", DX_RUNNER_MAX_PARALLEL_CC_GLM: "1" }
    })
    const full = Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* Effect.orDie(runner.start(dx.request("bd-full", provider("cc-glm", "slow"))))
      return provider("cc-glm", "slow")
    }).pipe(Effect.provide(dx.layer))
    return {
      layer: dx.layer,
      provider: (kind) => (kind === "broken" ? provider("gemini") : provider("opencode", kind)),
      request: (id, provider, prompt) => Effect.sync(() => dx.request(id, provider, prompt)),
      finish: () => dx.jobEnded,
      agentAlive: dx.agentAlive,
      promptSeen: (id) => Effect.sync(() => dx.promptSeen(id)),
      loseRecord: (id) =>
        Effect.sync(() => {
          const state = path.join(dx.root, "state/opencode")
          for (const name of fs.readdirSync(state)) if (name.startsWith(`${id}.`)) fs.rmSync(path.join(state, name))
        }),
      background: backgroundIn(dx.worktree),
      ownsLogs: false,
      // The older revision has no caps.
      ...(revision === "2026-02-19" ? {} : { full })
    }
  })
  describe.concurrent("dx-runner", () => runnerContract(`DxRunnerCli on ${revision}`, world))
}
