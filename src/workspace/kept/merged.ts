import { Effect } from "effect"
import type { Git } from "../git/command.ts"
import type { BranchFacts } from "../KeptWork.ts"
import type { Bases } from "./bases.ts"

/** Merge commits that one call of git may give. */
const MOST_MERGES = 5000
/** A longer list of names would take git longer than all merge commits. */
const MOST_NAMES = 50

/** Whether the base has a commit with the same change for each commit of the branch. A merge commit is none of its own. */
export const sameChanges = Effect.fnUntraced(function* (git: Git, clone: string, tip: string, bases: Bases) {
  for (const base of bases.commits) {
    const { exitCode, stdout } = yield* git.run(clone, ["cherry", base, tip])
    const lines = stdout.split("\n").filter((line) => line !== "")
    if (exitCode !== 0) return "unknown"
    if (lines.length > 0 && lines.every((line) => line.startsWith("- "))) return "yes"
  }
  return "no"
})

/** Whether this word of a merge commit's subject names the branch: `'bd/1':`, `org/bd/1`. */
const names = (word: string, branch: string): boolean => {
  const bare = word.replace(/^['"]+|['":,.]+$/g, "")
  return bare === branch || bare.endsWith(`/${branch}`)
}

/** Those of these branches, which are deleted, that a merge commit of the base names. */
export const namedByMerges = Effect.fnUntraced(function* (
  git: Git,
  clone: string,
  bases: Bases,
  branches: ReadonlyArray<string>
) {
  if (branches.length === 0) return new Set<string>()
  const patterns = branches.length > MOST_NAMES ? [] : branches.map((name) => `--grep=${name}`)
  const how = [`--max-count=${MOST_MERGES}`, "--merges", "--fixed-strings", "--encoding=UTF-8", "--format=%x00%s"]
  const { stdout } = yield* git.run(clone, ["rev-list", ...how, ...patterns, ...bases.commits, "--"])
  const words = stdout
    .split("\n")
    .filter((line) => line.startsWith("\0"))
    .flatMap((line) => line.slice(1, 1000).split(" "))
    .filter((word) => word.includes("/") || word.startsWith("'"))
  return new Set(branches.filter((branch) => words.some((word) => names(word, branch))))
})

/** The facts of a branch that does not exist. */
export const deleted = (isNamed: boolean): BranchFacts => ({
  branch: "deleted",
  merged: isNamed ? "yes" : "unknown",
  tip: undefined
})
