import * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import * as BdBeads from "./beads/bd/imported.ts"
import * as JsonlBeads from "./beads/jsonl/imported.ts"
import { settingsSecrets, type Settings } from "./domain/Settings.ts"
import { childEnvironment, type EnvironmentPolicy } from "./exec/childEnvironment.ts"
import { Exec } from "./exec/Exec.ts"
import * as HostLoad from "./host/HostLoad.ts"
import * as HostRoom from "./host/HostRoom.ts"
import { hostRepositories } from "./host/repositories.ts"
import type { AnyParts, Parts } from "./layerParts.ts"
import type { Tools } from "./locate.ts"
import * as PromptFiles from "./prompt/files/imported.ts"
import * as templateFile from "./prompt/templateFile.ts"
import * as DxRunnerCli from "./runner/dx/imported.ts"
import * as LocalRunner from "./runner/local/importedRunner.ts"
import * as LocalVerifier from "./runner/local/importedVerifier.ts"
import { repositoriesDirectory } from "./statePlace.ts"
import type { Surroundings } from "./surroundings.ts"
import * as DxWorktrees from "./workspace/dx/imported.ts"
import * as GitExistingWork from "./workspace/existing/imported.ts"
import * as GitWorktrees from "./workspace/git/imported.ts"
import * as NoWorktrees from "./workspace/importedNone.ts"
import * as GitKeptWork from "./workspace/kept/imported.ts"

/** Which variables of our environment we pass to commands. */
export const policyOf = (settings: Settings): EnvironmentPolicy => ({
  pass: settings.environment.pass,
  withhold: settingsSecrets(settings)
})

/** The directories that a run writes to: state, temporary files, worktrees. They need not exist yet. */
export const writtenDirectories = (
  { workspace: { backend } }: Settings,
  { tempDir }: Pick<Surroundings, "tempDir">,
  { state, worktreeRoot }: Pick<Tools, "state" | "worktreeRoot">,
  { workspaces }: Pick<AnyParts, "workspaces"> = {}
): ReadonlyArray<string> => [
  state.directory,
  tempDir,
  ...(backend === "none" || workspaces !== undefined ? [] : [worktreeRoot])
]

const room = (settings: Settings, surroundings: Surroundings, tools: Tools, parts: AnyParts) =>
  HostRoom.layer({
    ...settings.limits,
    tempDir: surroundings.tempDir,
    directories: writtenDirectories(settings, surroundings, tools, parts)
  })

const beads = Effect.fn("layer.beads")(function* (
  settings: Settings,
  surroundings: Surroundings,
  tools: Tools,
  onlyLooks: boolean
) {
  const { cwd } = surroundings
  const dir = tools.beadsDir
  const [exec, path] = yield* Effect.all([Exec, Path.Path])
  const { backend, path: command } = settings.beads
  const embedded = backend === "jsonl" || (backend === "auto" && (yield* exec.which(command)) === undefined)
  return embedded
    ? JsonlBeads.layer({ file: path.join(dir ?? path.join(cwd, ".beads"), "issues.jsonl") })
    : BdBeads.layer({
        command,
        dir,
        cwd: dir === undefined ? cwd : path.dirname(dir),
        timeout: settings.timeouts.beads,
        maxOutput: settings.beads.maxOutput,
        capabilityFile: path.join(tools.state.directory, "bd.json"),
        keepsCapabilities: !onlyLooks,
        ...(settings.beads.allowMigration ? { migrationLog: path.join(tools.state.directory, "bd-migration.log") } : {})
      })
})

/** The state directories of this user on this host, which share the providers' caps. `undefined` without a home directory. */
const neighbours = (lockDir: string | undefined): LocalRunner.LocalRunnerOptions["neighbours"] =>
  lockDir === undefined
    ? undefined
    : {
        lockDir,
        stateDirs: Effect.gen(function* () {
          const { repositories, unreadable } = yield* hostRepositories(lockDir)
          yield* Effect.forEach(unreadable, (why) =>
            Effect.logWarning(
              `the jobs of a repository of this host are not counted for the caps of the providers: ${why}`
            )
          )
          return repositories.map(({ stateDir }) => stateDir)
        })
      }

const runner = (settings: Settings, surroundings: Surroundings, { beadsDir, dxRunner, state }: Tools) => {
  const { preflight, ack, beads: query } = settings.timeouts
  const environment = childEnvironment("agent", surroundings.environment, {}, policyOf(settings))
  const { tempDir } = surroundings
  const { logSize } = settings.retention
  return dxRunner === undefined
    ? LocalRunner.layer({
        stateDir: path.resolve(surroundings.cwd, state.directory),
        tempDir,
        logSize,
        environment,
        preflightTimeout: preflight,
        neighbours: neighbours(repositoriesDirectory(surroundings))
      })
    : DxRunnerCli.layer({
        command: dxRunner,
        beadsDir,
        tempDir,
        timeouts: { preflight, ack, query },
        requireCommit: settings.runner.requireCommit,
        environment
      })
}

const verifier = ({ retention }: Settings, { tempDir }: Surroundings, { state }: Tools) =>
  LocalVerifier.layer({ stateDir: state.directory, tempDir, logSize: retention.logSize })

/** The worktrees, and where git makes them, what finds work that exists. */
const workspaces = Effect.fn("layer.workspaces")(function* (
  settings: Settings,
  { dxRunner, worktreeRoot: root }: Tools,
  onlyLooks: boolean
) {
  const exec = yield* Exec
  const { allowFilters, backend, base } = settings.workspace
  const timeout = settings.timeouts.workspace
  const hasTool = dxRunner !== undefined && (yield* exec.which("dx-worktree")) !== undefined
  const { makeFetching } = yield* Effect.promise(() => import("./workspace/git/base.ts"))
  const fetching = yield* makeFetching(timeout)
  const existing = (base?: string) =>
    GitExistingWork.layer({ base, timeout, allowFilters, fetching: onlyLooks ? undefined : fetching })
  switch (backend === "auto" ? (hasTool ? "dx-worktree" : "git") : backend) {
    case "dx-worktree":
      return Layer.merge(DxWorktrees.layer({ command: "dx-worktree", root, timeout, allowFilters }), existing())
    case "git":
      return Layer.merge(
        GitWorktrees.layer({ root, timeout, allowFilters, fetching, ...(base === undefined ? {} : { base }) }),
        existing(base)
      )
    case "none":
      return NoWorktrees.layer({ timeout, allowFilters })
  }
})

const keptWork = ({ timeouts, workspace: { allowFilters, backend, base } }: Settings) =>
  GitKeptWork.layer({ base: backend === "dx-worktree" ? undefined : base, timeout: timeouts.workspace, allowFilters })

/**
 * The layer of each service: that of `parts`, else the one that the settings and the tools found choose. `onlyLooks`: git does not
 * fetch the base, and nothing is kept of what bd can do.
 */
export const onHost = Effect.fn("layer.services")(function* <E>(
  settings: Settings,
  surroundings: Surroundings,
  tools: Tools,
  parts: Parts<E>,
  onlyLooks = false
) {
  return Layer.mergeAll(
    parts.beads ?? (yield* beads(settings, surroundings, tools, onlyLooks)),
    parts.runner ?? runner(settings, surroundings, tools),
    parts.verifier ?? verifier(settings, surroundings, tools),
    parts.workspaces ?? (yield* workspaces(settings, tools, onlyLooks)),
    parts.keptWork ?? keptWork(settings),
    parts.prompts ?? PromptFiles.layer({ tempDir: surroundings.tempDir }),
    parts.template ?? templateFile.layer(settings.prompt.template),
    room(settings, surroundings, tools, parts),
    HostLoad.layer(settings.hostGate)
  )
})
