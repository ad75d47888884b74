import { Effect } from "effect"
import { localNamedBase, shownName } from "../git/base.ts"
import type { Git } from "../git/command.ts"
import { branchTip } from "../git/worktree.ts"

/** What kept work is compared with. */
export interface Bases {
  /** The commit that new work starts from. */
  readonly commit: string
  /** Its name for a person: `origin/main`. */
  readonly shown: string
  /** The clone's branch that work is merged into; `undefined` if the base is a commit, or is checked out on no branch. */
  readonly branch: string | undefined
  /** The commits that have what is merged: the base, and the clone's branch, which may be ahead of it. */
  readonly commits: ReadonlyArray<string>
}

/** The clone's branch that belongs to a base of this name, whether it exists or not. */
const localBranch = Effect.fnUntraced(function* (git: Git, clone: string, name: string) {
  const symbolic = /(?:^|\/)HEAD$/.test(name)
  const found = symbolic ? yield* git.run(clone, ["symbolic-ref", "--quiet", name]) : undefined
  const ref = found === undefined ? name : found.exitCode === 0 ? found.stdout.trim() : ""
  if (ref.startsWith("refs/remotes/")) return ref.split("/").slice(3).join("/")
  const branch = ref.replace(/^refs\/heads\//, "")
  return branch === "" ? undefined : branch
})

/** The base as the disk has it. Fails if there is none. */
export const basesOf = Effect.fn("kept.bases")(function* (git: Git, clone: string, configured: string | undefined) {
  const base = yield* localNamedBase(git, { name: "", path: clone }, configured)
  const shown = yield* shownName(git, clone, base)
  const name = yield* localBranch(git, clone, base.name)
  const tip = name === undefined ? undefined : yield* branchTip(git, clone, name)
  const isCreatable = base.name.startsWith("refs/remotes/")
  return {
    commit: base.commit,
    shown,
    branch: tip !== undefined || isCreatable ? name : undefined,
    commits: [...new Set([base.commit, ...(tip === undefined ? [] : [tip])])]
  } satisfies Bases
})
