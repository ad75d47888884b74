import { Effect, Layer, Schema } from "effect"
import { Settings } from "../domain/Settings.ts"
import { Exec, type ExecSpec } from "../exec/Exec.ts"
import * as NodeExec from "../exec/NodeExec.ts"
import type { Surroundings } from "../surroundings.ts"
import type { Scratch } from "./scratch.ts"

/** The demo's settings: every backend is named, so what is installed on this machine does not matter. */
export const settingsOf = (scratch: Scratch, node: string): Settings =>
  Schema.decodeUnknownSync(Settings, { onExcessProperty: "error" })({
    repoPath: scratch.repo,
    stateDir: scratch.state,
    providers: [
      { name: "opencode", command: [scratch.missing, "run", "{prompt}"] },
      { name: "scripted-agent", command: [node, scratch.agent, "{promptFile}"], maxParallel: 3 }
    ],
    limits: { maxParallel: 2 },
    beads: { backend: "jsonl", dir: scratch.beads },
    runner: { backend: "local" },
    workspace: { backend: "git", root: scratch.worktrees }
  })

/** The system around the demo: the scratch folder, and no variable of whoever runs it. */
export const surroundingsOf = (scratch: Scratch): Surroundings => ({
  environment: {},
  cwd: scratch.root,
  home: scratch.root,
  tempDir: scratch.temp
})

/**
 * What a command of the demo gets instead of the caller's environment where that could steer it: no git settings but the
 * repository's own, no git command around us, no options for node, no test run around its tests. Git before 2.32 knows
 * no GIT_CONFIG_GLOBAL, so it is given a home without settings.
 */
const environmentOf = (
  scratch: Scratch,
  environment: Readonly<Record<string, string | undefined>>
): Required<ExecSpec>["env"] => ({
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

/** `Exec` as it is, in the demo's environment. */
export const sealedExec = (
  scratch: Scratch,
  environment: Readonly<Record<string, string | undefined>>
): Layer.Layer<Exec> =>
  Layer.effect(
    Exec,
    Effect.map(Exec, (exec) => {
      const sealed = environmentOf(scratch, environment)
      return {
        ...exec,
        run: (spec) => exec.run({ ...spec, env: { ...sealed, ...spec.env } }),
        launch: (spec) => exec.launch({ ...spec, env: { ...sealed, ...spec.env } })
      }
    })
  ).pipe(Layer.provide(NodeExec.layer))
