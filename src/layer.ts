import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import * as BdBeads from "./beads/BdBeads.ts"
import type { BeadsCli } from "./beads/BeadsCli.ts"
import * as JsonlBeads from "./beads/JsonlBeads.ts"
import * as dryRun from "./dispatch/dryRun.ts"
import * as dispatchIssue from "./dispatch/dispatchIssue.ts"
import type { Dispatcher } from "./dispatch/Dispatcher.ts"
import { WorkspaceFailed, type JournalFailed } from "./domain/Failure.ts"
import { knowing, secretsIn } from "./domain/Redaction.ts"
import { alertAddresses, CurrentSettings, type Settings } from "./domain/Settings.ts"
import { childEnvironment, type EnvironmentPolicy } from "./exec/childEnvironment.ts"
import { Exec } from "./exec/Exec.ts"
import * as NodeExec from "./exec/NodeExec.ts"
import * as HostRoom from "./host/HostRoom.ts"
import type { Journal } from "./journal/Journal.ts"
import * as PromptFiles from "./prompt/PromptFiles.ts"
import type { PromptStore } from "./prompt/PromptStore.ts"
import type { DxRunner } from "./runner/DxRunner.ts"
import * as DxRunnerCli from "./runner/DxRunnerCli.ts"
import * as LocalRunner from "./runner/LocalRunner.ts"
import * as DxWorktrees from "./workspace/DxWorktrees.ts"
import * as GitWorktrees from "./workspace/GitWorktrees.ts"
import * as NoWorktrees from "./workspace/NoWorktrees.ts"
import type { Repository, Workspaces } from "./workspace/Workspaces.ts"

/** What of the surrounding system the layers are told. Everything else they find out by asking the tools. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string | undefined
  readonly tempDir: string
}

type Platform = FileSystem.FileSystem | Path.Path

/** Every service of a dispatch, but for the dispatcher itself. */
export type Services = BeadsCli | DxRunner | PromptStore | Workspaces | Exec

/** `$XDG_STATE_HOME/nightly-dispatch`, else `~/.local/state/nightly-dispatch`, unless the settings say otherwise. */
export const stateDirectory = ({ stateDir }: Settings, { environment, home, cwd }: Surroundings): string => {
  const state = environment["XDG_STATE_HOME"] ?? `${home ?? cwd}/.local/state`
  return stateDir ?? `${state}/nightly-dispatch`
}

/** What the commands that we start are given of our environment. */
export const policyOf = (settings: Settings): EnvironmentPolicy => ({
  pass: settings.environment.pass,
  withhold: alertAddresses(settings)
})

const room = (settings: Settings, surroundings: Surroundings) =>
  HostRoom.layer({
    ...settings.limits,
    directories: [
      stateDirectory(settings, surroundings),
      surroundings.tempDir,
      ...(settings.workspace.backend === "none" ? [] : [settings.workspace.root])
    ]
  })

/** The repository of the settings; without one, the git repository of the working directory. */
export const repositoryOf = Effect.fn("repositoryOf")(function* (
  settings: Settings,
  surroundings: Surroundings
): Effect.fn.Return<Repository, WorkspaceFailed, Exec | Path.Path> {
  const [exec, path] = yield* Effect.all([Exec, Path.Path])
  const named = (directory: string) => ({ name: settings.repo ?? path.basename(directory), path: directory })
  if (settings.repoPath !== undefined) return named(path.resolve(surroundings.cwd, settings.repoPath))
  if (settings.repo !== undefined && surroundings.home !== undefined) {
    return named(path.join(surroundings.home, settings.repo))
  }
  const top = yield* exec
    .run({ command: "git", args: ["rev-parse", "--show-toplevel"], cwd: surroundings.cwd, timeout: "10 seconds" })
    .pipe(Effect.mapError((error) => new WorkspaceFailed({ detail: error.message, blame: "host" })))
  if (top.exitCode !== 0) {
    return yield* new WorkspaceFailed({
      detail: `${surroundings.cwd} is not in a git repository; set repo or repoPath`,
      blame: "config"
    })
  }
  return named(top.stdout.trim())
})

/** The `.beads` of the settings, else the nearest one at or above the repository (or the working directory). */
const beadsDirectory = Effect.fn("beadsDirectory")(function* (settings: Settings, surroundings: Surroundings) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  if (settings.beads.dir !== undefined) return path.resolve(surroundings.cwd, settings.beads.dir)
  const start = yield* Effect.map(Effect.option(repositoryOf(settings, surroundings)), (repository) =>
    repository._tag === "Some" ? repository.value.path : surroundings.cwd
  )
  for (let directory = start; ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, ".beads")
    if (yield* Effect.orElseSucceed(fs.exists(candidate), () => false)) return candidate
    if (path.dirname(directory) === directory) return undefined
  }
})

/** dx-runner's executable as the settings, PATH or its usual place have it; nothing when it is nowhere. */
const runnerCommand = Effect.fn("runnerCommand")(function* (settings: Settings, { home }: Surroundings) {
  const exec = yield* Exec
  if (settings.runner.path !== undefined) return settings.runner.path
  return (
    (yield* exec.which("dx-runner")) ??
    (home === undefined ? undefined : yield* exec.which(`${home}/agent-skills/scripts/dx-runner`))
  )
})

/** What several layers need to know of this machine, looked up once. */
interface Found {
  readonly beadsDir: string | undefined
  /** The command of dx-runner where it is used; absent where jobs are local processes. */
  readonly dxRunner: string | undefined
}

const find = Effect.fn("layer.find")(function* (settings: Settings, surroundings: Surroundings) {
  const { backend } = settings.runner
  const command = backend === "local" ? undefined : yield* runnerCommand(settings, surroundings)
  return {
    beadsDir: yield* beadsDirectory(settings, surroundings),
    dxRunner: backend === "dx-runner" ? (command ?? "dx-runner") : command
  } satisfies Found
})

const beads = Effect.fn("layer.beads")(function* (
  settings: Settings,
  surroundings: Surroundings,
  { beadsDir: dir }: Found
) {
  const { cwd } = surroundings
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
        memory: path.join(stateDirectory(settings, surroundings), "bd.json")
      })
})

const runner = (settings: Settings, surroundings: Surroundings, { beadsDir, dxRunner }: Found) => {
  const { preflight, ack, beads: query } = settings.timeouts
  const environment = childEnvironment(surroundings.environment, {}, policyOf(settings))
  return dxRunner === undefined
    ? LocalRunner.layer({
        stateDir: stateDirectory(settings, surroundings),
        environment,
        preflightTimeout: preflight
      })
    : DxRunnerCli.layer({
        command: dxRunner,
        beadsDir,
        timeouts: { preflight, ack, query },
        requireCommit: settings.runner.requireCommit,
        environment
      })
}

const workspaces = Effect.fn("layer.workspaces")(function* (settings: Settings, { dxRunner }: Found) {
  const exec = yield* Exec
  const { backend, root, base } = settings.workspace
  const timeout = settings.timeouts.workspace
  const hasTool = dxRunner !== undefined && (yield* exec.which("dx-worktree")) !== undefined
  switch (backend === "auto" ? (hasTool ? "dx-worktree" : "git") : backend) {
    case "dx-worktree":
      return DxWorktrees.layer({ command: "dx-worktree", root, timeout })
    case "git":
      return GitWorktrees.layer({ root, timeout, ...(base === undefined ? {} : { base }) })
    case "none":
      return NoWorktrees.layer
  }
})

/**
 * The services on the real tools where they are, on the embedded layers where they are not, as the settings say. Building
 * them looks for the tools and calls none of them but git.
 *
 * @example
 * program.pipe(Effect.provide(services(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const services = (
  settings: Settings,
  surroundings: Surroundings,
  exec: Layer.Layer<Exec> = NodeExec.layerWith(policyOf(settings))
): Layer.Layer<Services, never, Platform> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const found = yield* find(settings, surroundings)
      return Layer.mergeAll(
        yield* beads(settings, surroundings, found),
        runner(settings, surroundings, found),
        yield* workspaces(settings, found),
        PromptFiles.layer({ tempDir: surroundings.tempDir }),
        room(settings, surroundings)
      )
    })
  ).pipe(
    Layer.provideMerge(exec),
    Layer.provideMerge(Layer.succeed(CurrentSettings, settings)),
    Layer.provideMerge(knowing([...secretsIn(surroundings.environment), ...alertAddresses(settings)]))
  )

/** Loaded when it is needed: SQLite takes longer to load than most commands take to run. */
const journal = (how: "layer" | "reading", settings: Settings, surroundings: Surroundings) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("./journal/SqliteJournal.ts")),
      (sqlite) => sqlite[how]({ directory: stateDirectory(settings, surroundings) })
    )
  )

/**
 * Everything `nightlyRun` needs: the services, the journal in the state directory, and a dispatcher that starts jobs. Fails
 * where the journal cannot be used.
 */
export const layer = (
  settings: Settings,
  surroundings: Surroundings,
  exec: Layer.Layer<Exec> = NodeExec.layerWith(policyOf(settings))
): Layer.Layer<Services | Journal | Dispatcher, JournalFailed, Platform> =>
  dispatchIssue.layer.pipe(
    Layer.provideMerge(journal("layer", settings, surroundings)),
    Layer.provideMerge(services(settings, surroundings, exec))
  )

/** The same for a dry run: nothing is claimed, written or started, and the journal is only read. */
export const dryLayer = (
  settings: Settings,
  surroundings: Surroundings,
  exec: Layer.Layer<Exec> = NodeExec.layerWith(policyOf(settings))
): Layer.Layer<Services | Journal | Dispatcher, JournalFailed, Platform> =>
  dryRun.layer.pipe(
    Layer.merge(journal("reading", settings, surroundings)),
    Layer.provideMerge(services(settings, surroundings, exec))
  )
