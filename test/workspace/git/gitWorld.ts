import * as fs from "node:fs"
import { Duration, Effect, Layer } from "effect"
import { BeadsId } from "../../../src/domain/Ids.ts"
import * as GitWorktrees from "../../../src/workspace/git/GitWorktrees.ts"
import type { Exec } from "../../../src/exec/Exec.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import { commandLines } from "../../commandLines.ts"
import { git, surroundings, USER_SETTINGS } from "../repositories.ts"

export const id = BeadsId.make("bd-a1b2")

export const layerAt = (
  root: string,
  options: {
    readonly base?: string
    readonly timeout?: string
    readonly allowFilters?: ReadonlyArray<string>
    readonly exec?: Layer.Layer<Exec>
  } = {}
) =>
  GitWorktrees.layer({
    root,
    allowFilters: options.allowFilters ?? [],
    timeout: Duration.decode((options.timeout ?? "20 seconds") as Duration.DurationInput),
    ...(options.base === undefined ? {} : { base: options.base })
  }).pipe(Layer.provide(options.exec === undefined ? surroundings : Layer.merge(surroundings, options.exec)))

export const acquire = (repository: Repository, beads = id) =>
  Effect.flatMap(Workspaces, (workspaces) => workspaces.acquire(beads, repository))

export const check = (repository: Repository) =>
  Effect.flatMap(Workspaces, (workspaces) => workspaces.check(repository))

/** Acquires in a scope of its own, does `work` in the worktree, and closes the scope. */
export const visit = (repository: Repository, work: (path: string) => void, beads = id) =>
  Effect.scoped(Effect.tap(acquire(repository, beads), (workspace) => Effect.sync(() => work(workspace.path))))

/** The ids of processes whose command line holds all of these parts. */
export const running = (...parts: ReadonlyArray<string>): ReadonlyArray<number> =>
  commandLines(...parts).map((line) => Number.parseInt(line, 10))

let silent = 0

/** Gives the clone a remote that never answers. Returns a function that lists the processes that wait for this remote. */
export const silenceRemote = (clone: string): (() => ReadonlyArray<number>) => {
  const wait = `sleep 61.${String(process.pid).padStart(8, "0")}${String(++silent).padStart(4, "0")}`
  git(clone, "remote", "set-url", "origin", "ssh://localhost/app.git")
  const settings = `${clone}.gitconfig`
  fs.writeFileSync(settings, `[core]\n\tsshCommand = "${wait} #"\n`)
  fs.appendFileSync(USER_SETTINGS, `[includeIf "gitdir:${clone}/"]\n\tpath = ${settings}\n`)
  return () => running(wait)
}
