import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import * as BdBeads from "./beads/bd/BdBeads.ts"
import type { BeadsCli } from "./beads/BeadsCli.ts"
import * as JsonlBeads from "./beads/jsonl/JsonlBeads.ts"
import * as dryRun from "./dispatch/attempt/dryRun.ts"
import * as dispatchIssue from "./dispatch/attempt/dispatchIssue.ts"
import type { Dispatcher } from "./dispatch/attempt/Dispatcher.ts"
import type { JournalFailed } from "./domain/Failure.ts"
import { knowing } from "./domain/Redaction.ts"
import { secretsIn } from "./domain/environmentSecrets.ts"
import { alertAddresses, CurrentSettings, type Settings } from "./domain/Settings.ts"
import { childEnvironment, type EnvironmentPolicy } from "./exec/childEnvironment.ts"
import * as bootClock from "./exec/bootClock.ts"
import { Exec } from "./exec/Exec.ts"
import * as NodeExec from "./exec/NodeExec.ts"
import * as HostRoom from "./host/HostRoom.ts"
import type { OtherTracker } from "./journal/identity.ts"
import type { Journal } from "./journal/Journal.ts"
import * as PromptFiles from "./prompt/files/PromptFiles.ts"
import type { PromptStore } from "./prompt/PromptStore.ts"
import * as templateFile from "./prompt/templateFile.ts"
import type { DxRunner } from "./runner/DxRunner.ts"
import * as DxRunnerCli from "./runner/dx/DxRunnerCli.ts"
import * as LocalRunner from "./runner/local/LocalRunner.ts"
import * as LocalVerifier from "./runner/local/LocalVerifier.ts"
import type { Verifier } from "./runner/Verifier.ts"
import * as DxWorktrees from "./workspace/dx/DxWorktrees.ts"
import * as GitWorktrees from "./workspace/git/GitWorktrees.ts"
import * as GitExistingWork from "./workspace/existing/GitExistingWork.ts"
import { makeFetching } from "./workspace/git/base.ts"
import * as NoWorktrees from "./workspace/NoWorktrees.ts"
import { findTools, type Tools } from "./locate.ts"
import type { Surroundings } from "./surroundings.ts"
import type { Workspaces } from "./workspace/Workspaces.ts"

type Platform = FileSystem.FileSystem | Path.Path

/** Every service of a dispatch, except journal and dispatcher. */
export type Services = BeadsCli | DxRunner | Verifier | PromptStore | Workspaces | Exec

/** Which variables of our environment we pass to commands. */
const policyOf = (settings: Settings): EnvironmentPolicy => ({
  pass: settings.environment.pass,
  withhold: alertAddresses(settings)
})

const room = (settings: Settings, surroundings: Surroundings, { state }: Tools) => {
  const { backend, root } = settings.workspace
  const written = [state.directory, surroundings.tempDir]
  return HostRoom.layer({ ...settings.limits, directories: backend === "none" ? written : [...written, root] })
}

const beads = Effect.fn("layer.beads")(function* (settings: Settings, surroundings: Surroundings, tools: Tools) {
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
        ...(settings.beads.allowMigration ? { migrationLog: path.join(tools.state.directory, "bd-migration.log") } : {})
      })
})

const runner = (settings: Settings, surroundings: Surroundings, { beadsDir, dxRunner, state }: Tools) => {
  const { preflight, ack, beads: query } = settings.timeouts
  const environment = childEnvironment("agent", surroundings.environment, {}, policyOf(settings))
  const { tempDir } = surroundings
  const { logSize } = settings.retention
  return dxRunner === undefined
    ? LocalRunner.layer({ stateDir: state.directory, tempDir, logSize, environment, preflightTimeout: preflight })
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

/** The worktrees, and where git makes them, what finds work that exists. `mayFetch`: it may fetch the base for that. */
const workspaces = Effect.fn("layer.workspaces")(function* (
  settings: Settings,
  { dxRunner }: Tools,
  mayFetch: boolean
) {
  const exec = yield* Exec
  const { allowFilters, backend, root, base } = settings.workspace
  const timeout = settings.timeouts.workspace
  const hasTool = dxRunner !== undefined && (yield* exec.which("dx-worktree")) !== undefined
  const fetching = yield* makeFetching(timeout)
  const existing = (base?: string) =>
    GitExistingWork.layer({ base, timeout, allowFilters, fetching: mayFetch ? fetching : undefined })
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

/** Looks for the tools once, makes layers of them, and adds what these stand on: processes, settings, secrets. */
const onTools = <A, E, R>(
  settings: Settings,
  surroundings: Surroundings,
  make: (tools: Tools) => Effect.Effect<Layer.Layer<A, E, R>, never, Exec | Path.Path>,
  exec: Layer.Layer<Exec> = NodeExec.layerWith({
    environment: surroundings.environment,
    machine: settings.host.id,
    ...policyOf(settings)
  })
) =>
  Layer.unwrapEffect(Effect.flatMap(findTools(settings, surroundings), make)).pipe(
    Layer.provideMerge(Layer.merge(exec, bootClock.layer)),
    Layer.provideMerge(Layer.succeed(CurrentSettings, settings)),
    Layer.provideMerge(knowing([...secretsIn(surroundings.environment), ...alertAddresses(settings)]))
  )

const onHost = Effect.fn("layer.services")(function* (
  settings: Settings,
  surroundings: Surroundings,
  tools: Tools,
  mayFetch = true
) {
  return Layer.mergeAll(
    yield* beads(settings, surroundings, tools),
    runner(settings, surroundings, tools),
    verifier(settings, surroundings, tools),
    yield* workspaces(settings, tools, mayFetch),
    PromptFiles.layer({ tempDir: surroundings.tempDir }),
    templateFile.layer(settings.prompt.template),
    room(settings, surroundings, tools)
  )
})

/**
 * The services that the settings name. With `backend: auto`, a service uses its tool if the tool is installed, else its
 * embedded layer. Building the layer looks for the tools and starts only git.
 *
 * @example
 * program.pipe(Effect.provide(services(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const services = (
  settings: Settings,
  surroundings: Surroundings,
  exec?: Layer.Layer<Exec>
): Layer.Layer<Services, never, Platform> =>
  onTools(settings, surroundings, (tools) => onHost(settings, surroundings, tools), exec)

/** Imports SQLite only for commands that use the journal: the import takes longer than most other commands run. */
const journal = (mode: "layer" | "reading", { state }: Tools) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("./journal/sqlite/SqliteJournal.ts")),
      (sqlite) => sqlite[mode](state)
    )
  )

type RunLayer = (
  settings: Settings,
  surroundings: Surroundings,
  exec?: Layer.Layer<Exec>
) => Layer.Layer<Services | Journal | Dispatcher, JournalFailed | OtherTracker, Platform>

/**
 * All services that `nightlyRun` uses, with the journal in the state directory and a dispatcher that starts jobs. Fails with
 * `JournalFailed` if the journal cannot be used, with `OtherTracker` if the state directory serves another tracker.
 */
export const layer: RunLayer = (settings, surroundings, exec) =>
  onTools(
    settings,
    surroundings,
    (tools) =>
      Effect.map(onHost(settings, surroundings, tools), (host) =>
        dispatchIssue.layer.pipe(Layer.provideMerge(journal("layer", tools)), Layer.provideMerge(host))
      ),
    exec
  )

/** Like `layer`, for a dry run: the dispatcher claims, writes and starts nothing, and the journal is only read. */
export const dryLayer: RunLayer = (settings, surroundings, exec) =>
  onTools(
    settings,
    surroundings,
    (tools) =>
      Effect.map(onHost(settings, surroundings, tools, false), (host) =>
        Layer.mergeAll(dryRun.layer, journal("reading", tools), host)
      ),
    exec
  )
