import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Duration, Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { REFUSAL } from "../../contract/runnerContract.ts"
import { eventually, newAttempt } from "../../contract/support.ts"
import type { BeadsId } from "../../../src/domain/Ids.ts"
import { PromptFile } from "../../../src/domain/PromptFile.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import type { Exec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner, type JobRequest } from "../../../src/runner/DxRunner.ts"
import * as LocalRunner from "../../../src/runner/local/LocalRunner.ts"
import type { Neighbours } from "../../../src/runner/local/neighbours.ts"
import { commandLines } from "../../commandLines.ts"

/** An agent in its worktree: notes its pid and its prompt, and then does what its first argument says. */
const AGENT = `#!/bin/sh
echo "$$" >>agents
printf %s "$2" >prompt.new && mv prompt.new prompt.seen
printf '%s\\n' "$PWD" >pwd
case $1 in
  works) exit 0 ;;
  fails) exit 3 ;;
  refused) echo '${REFUSAL}'; exit 1 ;;
  restless | leaving)
    setsid sh -c 'echo $$ >own; exec sleep 90' </dev/null >/dev/null 2>&1 &
    setsid sh -c 'echo $$ >daemon; cd /; exec sleep 91' </dev/null >/dev/null 2>&1 &
    while [ ! -s own ] || [ ! -s daemon ]; do sleep 0.05; done
    [ "$1" = leaving ] && exit 0 ;;
  suicidal) kill -KILL $$ ;;
  grandchild | stubborn) trap '' TERM ;;
esac
[ "$1" != stubborn ] || "$0" grandchild "$2" &
while :; do sleep 0.05; done
`

export type Mode = "works" | "fails" | "refused" | "slow" | "restless" | "leaving" | "stubborn" | "suicidal"

/** A state directory, an agent and worktrees, below a directory whose name a shell would split and expand. */
export interface LocalWorld {
  readonly root: string
  readonly stateDir: string
  readonly agent: string
  readonly provider: (mode: Mode, maxParallel?: number) => Provider
  readonly request: (id: BeadsId, provider: Provider, prompt?: string) => JobRequest
  readonly worktree: (id: BeadsId) => string
  /** The pids of all agents that were started on a bug, also the ended ones. */
  readonly agents: (id: BeadsId) => ReadonlyArray<number>
  /** The pid and the command line of each process of this world: supervisors and agents. */
  readonly processes: Effect.Effect<ReadonlyArray<string>>
  readonly runner: Layer.Layer<DxRunner>
}

export const platform = Layer.mergeAll(NodeExec.layer, NodeFileSystem.layer, NodePath.layer)

export const runnerOn = (
  stateDir: string,
  exec: Layer.Layer<Exec> = NodeExec.layer,
  files: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer,
  neighbours?: Neighbours
): Layer.Layer<DxRunner> =>
  LocalRunner.layer({
    stateDir,
    tempDir: path.dirname(stateDir),
    logSize: 1,
    environment: {},
    preflightTimeout: Duration.seconds(5),
    neighbours
  }).pipe(Layer.provide(Layer.mergeAll(exec, files, NodePath.layer)))

export const providerOf = (agent: string, mode: string, maxParallel = 3): Provider =>
  Provider.make({ name: ProviderName.make(mode), command: [agent, mode, "{prompt}"], maxParallel })

export const requestOf = (root: string, id: BeadsId, provider: Provider, prompt = "Fix it."): JobRequest => {
  const worktree = path.join(root, "trees", id)
  const promptFile = path.join(root, `${id}.prompt`)
  fs.mkdirSync(worktree, { recursive: true })
  // Two processes of a test make the same request, and one may read while the other writes: nobody sees an empty prompt.
  const written = `${promptFile}.${process.pid}`
  fs.writeFileSync(written, prompt)
  fs.renameSync(written, promptFile)
  return {
    beads: id,
    provider,
    prompt: PromptFile.make({ beads: id, path: promptFile }),
    workspace: Workspace.make({ path: worktree, reused: false }),
    repo: "repo",
    previousRun: undefined,
    attempt: newAttempt(),
    onLaunch: () => Effect.void
  }
}

/** Asserts at its end that none of its processes is left. */
export const makeWorld: Effect.Effect<LocalWorld, never, Scope.Scope> = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), `nd it's "$(here)" & `))),
    (root) => Effect.sync(() => fs.rmSync(root, { recursive: true, force: true }))
  )
  const stateDir = path.join(root, "state dir")
  const agent = path.join(root, "agent.sh")
  fs.writeFileSync(agent, AGENT, { mode: 0o755 })
  const processes = Effect.sync(() => commandLines(root))
  const runner = runnerOn(stateDir)
  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* Effect.forEach(yield* runner.running, (job) => runner.stop(job.beads), { concurrency: 8 })
      // A supervisor ends a moment after its exit code is on record.
      const left = yield* eventually(processes, (found) => found.length === 0, "2 seconds")
      if (left.length > 0) return yield* Effect.dieMessage(`left behind: ${left.join("; ")}`)
    }).pipe(Effect.provide(runner), Effect.orDie)
  )
  const worktree = (id: BeadsId) => path.join(root, "trees", id)
  return {
    root,
    stateDir,
    agent,
    provider: (mode, maxParallel) => providerOf(agent, mode, maxParallel),
    request: (id, provider, prompt) => requestOf(root, id, provider, prompt),
    worktree,
    agents: (id) => {
      const file = path.join(worktree(id), "agents")
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number) : []
    },
    processes,
    runner
  }
})
