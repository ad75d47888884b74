import { Effect } from "effect"
import * as fs from "node:fs"
import type { Git } from "./command.ts"
import { localSettings } from "./localSettings.ts"

/** Paths are taken literally: a submodule's path may hold `*`. */
const literally = (paths: ReadonlyArray<string>) => paths.map((path) => `:(top,literal)${path}`)

/** Whether all files of the index were checked out. */
const isWhole = (top: string): boolean => !/sparse/i.test(localSettings(top)?.text ?? "sparse")

const fields = (text: string): ReadonlyArray<string> => text.split("\0").filter((field) => field !== "")

/**
 * The paths of the submodules of the worktree `top` that are not initialised: `.gitmodules` and the index name them, and they have
 * no `.git`. Leaves out those that a sparse checkout hides. Runs no command of the repository. Empty where git cannot tell: a
 * worktree without these paths can be worked in.
 *
 * @example
 * yield* missingSubmodules(git, "/tmp/agents/bd-1/app") // ["vendor/lib"]
 */
export const missingSubmodules = Effect.fn("Workspaces.submodules")(function* (git: Git, top: string) {
  if (isWhole(top) && !fs.existsSync(`${top}/.gitmodules`)) return []
  const settings = ["config", "--blob", ":.gitmodules", "-z", "--get-regexp", "^submodule\\..*\\.path$"]
  const named = yield* git.run(top, settings)
  const paths = fields(named.stdout).flatMap((entry) => entry.split("\n").slice(1).join("\n"))
  if (named.exitCode !== 0 || paths.length === 0) return []
  const listed = yield* git.run(top, ["ls-files", "-t", "--stage", "-z", "--", ...literally(paths)])
  return fields(listed.stdout).flatMap((entry) => {
    const path = /^H 160000 [^\t]*\t([^]*)$/.exec(entry)?.[1]
    return path === undefined || fs.existsSync(`${top}/${path}/.git`) ? [] : [path]
  })
})
