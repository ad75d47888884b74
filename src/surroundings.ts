import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { WorkspaceFailed } from "./domain/Failure.ts"
import type { Settings } from "./domain/Settings.ts"
import { Exec } from "./exec/Exec.ts"
import type { Repository } from "./domain/Repository.ts"

/** What of the surrounding system the layers are told. Everything else they find out by asking the tools. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string | undefined
  readonly tempDir: string
}

/** `$XDG_STATE_HOME/nightly-dispatch`, else `~/.local/state/nightly-dispatch`, unless the settings say otherwise. */
export const stateDirectory = ({ stateDir }: Settings, { environment, home, cwd }: Surroundings): string => {
  const state = environment["XDG_STATE_HOME"] ?? `${home ?? cwd}/.local/state`
  return stateDir ?? `${state}/nightly-dispatch`
}

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
export interface Found {
  readonly beadsDir: string | undefined
  /** The command of dx-runner where it is used; absent where jobs are local processes. */
  readonly dxRunner: string | undefined
}

/** Looks for the tools and the tracker's directory. Calls none of them but git. */
export const find = Effect.fn("layer.find")(function* (settings: Settings, surroundings: Surroundings) {
  const { backend } = settings.runner
  const command = backend === "local" ? undefined : yield* runnerCommand(settings, surroundings)
  return {
    beadsDir: yield* beadsDirectory(settings, surroundings),
    dxRunner: backend === "dx-runner" ? (command ?? "dx-runner") : command
  } satisfies Found
})
