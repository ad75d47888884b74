import type { BeadsId } from "../../domain/Ids.ts"
import { dxBranchOf } from "../dx/output.ts"
import { branchOf } from "../git/output.ts"

/** The branches that dispatchers make for a bug: with git, with `dx-worktree`. */
export const branchesOf = (id: BeadsId): ReadonlyArray<string> => [branchOf(id), dxBranchOf(id)]

/** Every character that an id may hold. */
const WORD = /[A-Za-z0-9_.-]+/g
const PUNCTUATION = "._-"

/** Without punctuation at its ends: an id may end a sentence. */
const trimmed = (word: string): string => {
  let [start, end] = [0, word.length]
  while (start < end && PUNCTUATION.includes(word[start] ?? "")) start++
  while (start < end && PUNCTUATION.includes(word[end - 1] ?? "")) end--
  return word.slice(start, end)
}

/**
 * Makes the function that finds the ids in a text, in the case as written. An id is a whole word: `bd-1` is not in `bd-12`,
 * `abd-1`, `x-bd-1` or `bd-1.2`, but it is in `Fix bd-1.` and in the names of its branches.
 *
 * @example
 * idsIn([id])("Fix the parser (bd-1)") // new Set(["bd-1"])
 */
export const idsIn = (ids: ReadonlyArray<BeadsId>): ((text: string) => ReadonlySet<BeadsId>) => {
  const byWord = new Map(ids.flatMap((id) => [[dxBranchOf(id), id] as const]))
  for (const id of ids) byWord.set(id, id)
  return (text) => {
    const found = new Set<BeadsId>()
    for (const [word] of text.matchAll(WORD)) {
      const id = byWord.get(word) ?? byWord.get(trimmed(word))
      if (id !== undefined) found.add(id)
    }
    return found
  }
}

const isEdge = (character: string | undefined): boolean => character === undefined || "/_-".includes(character)

/**
 * Whether the name of a branch holds this id. People write more words beside it: `fix-bd-1`, `bd-1-parser`.
 *
 * @example
 * branchNames("feature/bd-1-parser", id) // true
 */
export const branchNames = (branch: string, id: BeadsId): boolean => {
  if (branchesOf(id).includes(branch)) return true
  for (let at = branch.indexOf(id); at !== -1; at = branch.indexOf(id, at + 1)) {
    if (isEdge(branch[at - 1]) && isEdge(branch[at + id.length])) return true
  }
  return false
}
