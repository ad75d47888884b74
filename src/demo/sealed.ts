import { Effect, Layer, Schema } from "effect"
import { Settings } from "../domain/Settings.ts"
import { Exec, type ExecSpec } from "../exec/Exec.ts"
import * as NodeExec from "../exec/NodeExec.ts"
import type { Environment, Surroundings } from "../surroundings.ts"
import type { Scratch } from "./scratch.ts"

/** The demo's settings. They name every backend, so the demo does not depend on the tools of this machine. */
export const settingsOf = (scratch: Scratch, node: string): Settings =>
  Schema.decodeUnknownSync(Settings, { onExcessProperty: "error" })({
    repoPath: scratch.repo,
    stateDir: scratch.state,
    providers: [
      { name: "opencode", command: [scratch.missing, "run", "{prompt}"] },
      { name: "scripted-agent", command: [node, scratch.agent, "{promptFile}"], maxParallel: 3 }
    ],
    limits: { maxParallel: 2 },
    hostGate: { maxLoadPerCore: 0, minFreeMemory: 0 },
    beads: { backend: "jsonl", dir: scratch.beads },
    runner: { backend: "local" },
    workspace: { backend: "git", root: scratch.worktrees },
    verify: { command: [node, scratch.check], timeout: "15 s" }
  })

/** The demo's surroundings: the scratch folder, and no variable of the user. */
export const surroundingsOf = (scratch: Scratch): Surroundings => ({
  environment: {},
  cwd: scratch.root,
  home: scratch.root,
  tempDir: scratch.temp
})

/**
 * Replaces the user's variables that would change git or node: git must use only the repository's own settings, and node
 * must get no options and must not treat the demo's tests as part of ours. Git before 2.32 ignores GIT_CONFIG_GLOBAL, so
 * HOME is a directory without settings.
 */
const environmentOf = (scratch: Scratch, environment: Environment): Required<ExecSpec>["env"] => ({
  ...Object.fromEntries(
    Object.keys(environment)
      .filter((name) => name.startsWith("GIT_"))
      .map((name) => [name, undefined])
  ),
  NODE_OPTIONS: undefined,
  NODE_TEST_CONTEXT: undefined,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  HOME: scratch.root,
  XDG_CONFIG_HOME: scratch.root
})

/** `Exec` with the demo's environment. */
export const sealedExec = (scratch: Scratch, environment: Environment): Layer.Layer<Exec> =>
  Layer.effect(
    Exec,
    Effect.map(Exec, (exec) => {
      const sealed = environmentOf(scratch, environment)
      return {
        ...exec,
        run: (spec) => exec.run({ ...spec, env: { ...sealed, ...spec.env } }),
        launch: (spec) => exec.launch({ ...spec, env: { ...sealed, ...spec.env } }),
        launchGated: (spec, gate) => exec.launchGated({ ...spec, env: { ...sealed, ...spec.env } }, gate)
      }
    })
  ).pipe(Layer.provide(NodeExec.layer))
