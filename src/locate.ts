import * as FileSystem from "./exec/FileSystem.ts"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
import { WorkspaceFailed } from "./domain/Failure.ts"
import { newRunId } from "./domain/newRunId.ts"
import type { Repository } from "./domain/Repository.ts"
import type { RunOptions } from "./domain/RunOptions.ts"
import type { Settings } from "./domain/Settings.ts"
import { Exec } from "./exec/Exec.ts"
import { look } from "./exec/oneLook.ts"
import { WORKTREES } from "./journal/stateFiles.ts"
import type { AnyParts } from "./layerParts.ts"
import { statePlace } from "./statePlace.ts"
import type { Surroundings } from "./surroundings.ts"
import { noRepository } from "./workspace/noRepository.ts"

/** The directory of the clone that the settings name; `undefined` if they name none. May be relative to `cwd`. */
export const namedClone = ({ repo, repoPath }: Settings, { home }: Pick<Surroundings, "home">): string | undefined =>
  repoPath ?? (repo === undefined || home === undefined || home === "" ? undefined : `${home}/${repo}`)

/**
 * The repository of the settings; if they name none, the git repository of the working directory. Fails with `WorkspaceFailed` if there is
 * neither.
 *
 * @example
 * const { name, path } = yield* repositoryOf(settings, surroundings)
 */
export const repositoryOf = Effect.fn("repositoryOf")(function* (
  settings: Settings,
  surroundings: Surroundings
): Effect.fn.Return<Repository, WorkspaceFailed, Exec | Path.Path> {
  const path = yield* Path.Path
  const { cwd } = surroundings
  const at = (directory: string) => ({ name: settings.repo ?? path.basename(directory), path: directory })
  const clone = namedClone(settings, surroundings)
  if (clone !== undefined) return at(path.resolve(cwd, clone))
  const args = ["rev-parse", "--show-toplevel"]
  const top = yield* Effect.mapError(
    look({ tool: "git", command: "git", args, cwd, timeout: "10 seconds" }),
    (error) => new WorkspaceFailed({ detail: error.message, blame: "host" })
  )
  if (top.exitCode === 0) return at(top.stdout.trim())
  return yield* noRepository(`${cwd} is not in a git repository`, "Start it in one, or set repo or repoPath")
})

/**
 * A new run on this host: its id, and the repository of the settings.
 *
 * @example
 * const options = yield* newRun(settings, { ...surroundings, host: "vm-1" })
 */
export const newRun = Effect.fn("newRun")(function* (
  settings: Settings,
  surroundings: Surroundings & { readonly host: string }
) {
  const repository = yield* repositoryOf(settings, surroundings)
  return { run: yield* newRunId, host: settings.host.name ?? surroundings.host, repository } satisfies RunOptions
})

/** The `.beads` of the settings, else the nearest one at or above the repository (or the working directory). */
const beadsDirectory = Effect.fn("beadsDirectory")(function* (
  { beads }: Settings,
  { cwd }: Surroundings,
  repository: string | undefined
) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  if (beads.dir !== undefined) return path.resolve(cwd, beads.dir)
  const start = repository ?? cwd
  for (let directory = start; ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, ".beads")
    if (yield* Effect.orElseSucceed(fs.exists(candidate), () => false)) return candidate
    if (path.dirname(directory) === directory) return undefined
  }
})

/** dx-runner's executable: of the settings, on PATH or in its usual place; `undefined` if it is in none of these. */
const runnerCommand = Effect.fn("runnerCommand")(function* ({ runner }: Settings, { home }: Surroundings) {
  const exec = yield* Exec
  if (runner.path !== undefined) return runner.path
  const onPath = yield* exec.which("dx-runner")
  return onPath ?? (home === undefined ? undefined : yield* exec.which(`${home}/agent-skills/scripts/dx-runner`))
})

/** The services that are not ours. */
type Replaced = Pick<AnyParts, "beads" | "runner">

/**
 * Looks for the repository, the tracker's directory and the state directory. Makes nothing, starts only git. A tracker that is not
 * ours has no directory.
 *
 * @example
 * const { beadsDir, state } = yield* findState(settings, surroundings)
 */
export const findState = Effect.fn("findState")(function* (
  settings: Settings,
  surroundings: Surroundings,
  { beads }: Replaced = {}
) {
  const repository = Option.getOrUndefined(yield* Effect.option(repositoryOf(settings, surroundings)))
  const isOurs = beads === undefined
  const beadsDir = isOurs ? yield* beadsDirectory(settings, surroundings, repository?.path) : undefined
  const state = yield* statePlace(settings, surroundings, { beadsDir, repository: repository?.path, isOurs })
  return { repository, beadsDir, state }
})

/** Where dx-worktree makes every worktree, and the one root that dx-runner allows on every host. All users share it. */
const DX_ROOT = "/tmp/agents"

/**
 * `findState`, dx-runner's command (`undefined`: local processes, or a runner that is not ours), and the directory below which
 * worktrees are made.
 */
export const findTools = Effect.fn("findTools")(function* (
  settings: Settings,
  surroundings: Surroundings,
  replaced: Replaced = {}
) {
  const path = yield* Path.Path
  const { workspace } = settings
  const backend = replaced.runner === undefined ? settings.runner.backend : "local"
  const command = backend === "local" ? undefined : yield* runnerCommand(settings, surroundings)
  const found = yield* findState(settings, surroundings, replaced)
  const dxRunner = backend === "dx-runner" ? (command ?? "dx-runner") : command
  const isDx = dxRunner !== undefined || workspace.backend === "dx-worktree"
  const ownRoot = path.resolve(surroundings.cwd, found.state.directory, WORKTREES)
  return { ...found, dxRunner, worktreeRoot: workspace.root ?? (isDx ? DX_ROOT : ownRoot) }
})

/** The tools on this host that several layers use. */
export type Tools = Effect.Effect.Success<ReturnType<typeof findTools>>
