import { assert } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Layer, type Duration, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { PromptFile } from "../../../src/domain/PromptFile.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { systemTable } from "../../../src/exec/systemTable.ts"
import type { DxRunner, JobRequest } from "../../../src/runner/DxRunner.ts"
import * as DxRunnerCli from "../../../src/runner/dx/DxRunnerCli.ts"
import { commandLines } from "../../commandLines.ts"
import { REFUSAL } from "../../contract/runnerContract.ts"
import { eventually, newAttempt } from "../../contract/support.ts"
import type { Revision } from "./recorded.ts"

/** The fake dx-runner. */
export const FAKE_RUNNER = path.join(import.meta.dirname, "../../fixtures/bin/dx-runner")

/** Writes its pid and its prompt into its worktree, and behaves as its model says: `works`, `fails`, `slow`, `stubborn`. */
const AGENT = `echo $$ >>"$WORKTREE/agents"
cat "$PROMPT_FILE" >"$WORKTREE/prompt.new" && mv "$WORKTREE/prompt.new" "$WORKTREE/prompt.seen"
case $MODEL in
  works) exit 0 ;;
  fails) exit 3 ;;
  refused) echo '${REFUSAL}'; exit 1 ;;
  stubborn) trap '' TERM ;;
  restless | leaving)
    setsid sh -c 'echo $$ >own; exec sleep 90' </dev/null >/dev/null 2>&1 &
    setsid sh -c 'echo $$ >daemon; cd /; exec sleep 91' </dev/null >/dev/null 2>&1 &
    while [ ! -s own ] || [ ! -s daemon ]; do sleep 0.05; done
    [ $MODEL = leaving ] && exit 0 ;;
esac
sleep 30`

export interface DxWorldOptions {
  readonly revision?: Revision
  /** `FAKE_DX_FAULT`. */
  readonly fault?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeouts?: Partial<Record<"preflight" | "ack" | "query", Duration.DurationInput>>
  readonly requireCommit?: boolean
}

/** A fake runner with its state, worktrees and prompts in one directory, and the layer on it. */
export interface DxWorld {
  readonly root: string
  readonly layer: Layer.Layer<DxRunner>
  /** Another layer on the same fake, with other faults. */
  readonly faulty: (fault: string, timeouts?: DxWorldOptions["timeouts"]) => Layer.Layer<DxRunner>
  readonly request: (id: string, provider: Provider, prompt?: string, previousRun?: string) => JobRequest
  readonly worktree: (id: string) => string
  /** The lines of the fake's log of starts, ends and stops. */
  readonly events: (pattern?: RegExp) => ReadonlyArray<string>
  /** Waits until the log has the end of a job. Asking the layer instead costs three processes each time. */
  readonly jobEnded: Effect.Effect<void>
  /** The commands that ran a preflight, with its provider. */
  readonly probes: () => ReadonlyArray<string>
  readonly agentAlive: (id: string) => Effect.Effect<boolean>
  readonly promptSeen: (id: string) => string | undefined
  /** Runs the fake directly, as an operator would. */
  readonly byHand: (
    ...args: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly exitCode: number; readonly stdout: string }>
}

export const provider = (name: string, model?: string): Provider =>
  Provider.make({ name: ProviderName.make(name), ...(model === undefined ? {} : { model }) })

const read = (file: string): string => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "")

/** Ends the processes of this world, and asserts that none is left. */
const tidy = (root: string) =>
  Effect.gen(function* () {
    const exec = yield* Exec
    for (const [, pid] of read(path.join(root, "state/events.log")).matchAll(/ start .*? pid=(\d+) /g)) {
      const identity = yield* exec.identify(Number(pid))
      if (identity !== undefined) yield* exec.endGroup(identity, "100 millis")
    }
    // An agent goes on working when its launcher was stopped. Find its group by the agent's own pid.
    for (const pid of agentsOf(root)) {
      const agent = yield* systemTable.row(pid)
      if (agent !== undefined && !agent.zombie && agent.group > 1) process.kill(-agent.group, "SIGKILL")
    }
    let left = commandLines(root)
    for (let look = 0; look < 60 && left.length > 0; look++) {
      yield* Effect.sleep("50 millis")
      left = commandLines(root)
    }
    assert.deepStrictEqual(left, [], "no process may be left behind")
    fs.rmSync(root, { recursive: true, force: true })
  }).pipe(Effect.provide(NodeExec.layer))

const agentsOf = function* (root: string) {
  const trees = path.join(root, "trees")
  for (const id of fs.existsSync(trees) ? fs.readdirSync(trees) : []) {
    for (const pid of read(path.join(trees, id, "agents"))
      .split("\n")
      .filter(Boolean))
      yield Number(pid)
  }
}

export const makeDxWorld = (options: DxWorldOptions = {}): Effect.Effect<DxWorld, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nd-dx-"))),
      (root) => Effect.orDie(tidy(root))
    )
    const beadsDir = path.join(root, ".beads")
    fs.mkdirSync(beadsDir)
    fs.writeFileSync(path.join(beadsDir, "metadata.json"), "{}")
    const env: Record<string, string> = {
      FAKE_DX_DIR: path.join(root, "state"),
      FAKE_DX_VERSION: options.revision ?? "2026-05-06",
      FAKE_DX_AGENT: AGENT,
      DX_RUNNER_EXTRA_ALLOWED_PREFIXES: root,
      ...options.env
    }
    const worktree = (id: string) => path.join(root, "trees", id)
    const faulty = (fault: string, timeouts: DxWorldOptions["timeouts"] = options.timeouts ?? {}) =>
      DxRunnerCli.layer({
        command: FAKE_RUNNER,
        beadsDir,
        tempDir: root,
        timeouts: { preflight: "5 seconds", ack: "5 seconds", query: "10 seconds", ...timeouts },
        requireCommit: options.requireCommit ?? false,
        environment: { ...env, FAKE_DX_FAULT: fault }
      }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeFileSystem.layer)))
    const layer = faulty(options.fault ?? "")
    const events = (pattern = /./) =>
      read(path.join(root, "state/events.log"))
        .split("\n")
        .filter((line) => pattern.test(line))
    return {
      root,
      layer,
      faulty,
      worktree,
      request: (id, provider, prompt = "Fix it.", previousRun) => {
        const beads = BeadsId.make(id)
        const file = path.join(root, `${id}.prompt`)
        fs.mkdirSync(worktree(id), { recursive: true })
        fs.writeFileSync(file, prompt, { mode: 0o600 })
        return {
          beads,
          provider,
          prompt: PromptFile.make({ beads, path: file }),
          workspace: Workspace.make({ path: worktree(id), reused: false }),
          repo: "repo",
          previousRun,
          attempt: newAttempt(),
          onLaunch: () => Effect.void
        }
      },
      events,
      jobEnded: Effect.asVoid(
        eventually(
          Effect.sync(() => events(/ end /)),
          (lines) => lines.length > 0
        )
      ),
      probes: () => read(path.join(root, "state/probes.log")).split("\n").filter(Boolean),
      agentAlive: (id) =>
        Effect.gen(function* () {
          const exec = yield* Exec
          const pids = read(path.join(worktree(id), "agents"))
            .split("\n")
            .filter(Boolean)
            .map(Number)
          return (yield* Effect.forEach(pids, exec.identify)).some((agent) => agent !== undefined)
        }).pipe(Effect.orDie, Effect.provide(NodeExec.layer)),
      promptSeen: (id) => {
        const file = path.join(worktree(id), "prompt.seen")
        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined
      },
      byHand: (...args) =>
        Effect.flatMap(Exec, (exec) =>
          exec.run({
            tool: "agent",
            command: FAKE_RUNNER,
            args,
            cwd: "/",
            env: { ...env, BEADS_DIR: beadsDir },
            timeout: "10 seconds"
          })
        ).pipe(Effect.orDie, Effect.provide(NodeExec.layer))
    }
  })
