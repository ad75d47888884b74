import { excerpt, oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"

/** One record of `git worktree list --porcelain`. */
export interface WorktreeEntry {
  readonly path: string
  /** The commit that is checked out; `undefined` in a bare repository. */
  readonly head: string | undefined
  /** Without `refs/heads/`; `undefined` if HEAD is detached. */
  readonly branch: string | undefined
  /** The reason of a lock, empty if it has none; `undefined` if there is no lock. */
  readonly locked: string | undefined
}

/** Reads the output of `git worktree list --porcelain`. */
export const worktreeList = (text: string): ReadonlyArray<WorktreeEntry> =>
  text.split("\n\n").flatMap((record) => {
    if (!record.startsWith("worktree ")) return []
    const lines = record.split("\n")
    const value = (key: string) =>
      lines.find((line) => line === key || line.startsWith(`${key} `))?.slice(key.length + 1)
    const path = value("worktree") ?? ""
    const branch = value("branch")?.replace(/^refs\/heads\//, "")
    return path === "" ? [] : [{ path, head: value("HEAD"), branch, locked: value("locked") }]
  })

/** Reads the output of `git status --porcelain=v2 --branch -z`. */
export const worktreeStatus = (text: string) => {
  const records = text.split("\0").filter((record) => record !== "")
  const header = (key: string) =>
    records.find((record) => record.startsWith(`# branch.${key} `))?.slice(`# branch.${key} `.length)
  return {
    commit: header("oid"),
    /** `(detached)` if none is checked out. */
    branch: header("head"),
    /** Everything that differs from the commit: an untracked file's path, the whole record of other changes. */
    changed: records
      .filter((record) => !record.startsWith("# "))
      .map((record) => (record.startsWith("? ") ? record.slice(2) : record))
  }
}

/** Whether git was killed while it added the worktree: git locks a new worktree with this reason until it is complete. */
export const isUnfinished = (entry: WorktreeEntry): boolean => entry.locked === "initializing"

/** The branch that `git ls-remote --symref <remote> HEAD` names as the remote's default. */
export const remoteHead = (text: string): string | undefined => /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(text)?.[1]

/** The remote to start from, read from the output of `git remote`: `origin`, or the only remote. */
export const mainRemote = (text: string): string | undefined => {
  const remotes = text.split("\n").filter((line) => line !== "")
  return remotes.includes("origin") ? "origin" : remotes.length === 1 ? remotes[0] : undefined
}

/** The branches of all bugs are below this name. */
export const BRANCHES = "nightly-dispatch"

/**
 * The branch for a bug. Git forbids `..` in a branch name, and a dot or `.lock` at its end, so such a dot is written
 * `%2E`. Two bugs never share a branch, because an id holds no `%`.
 *
 * @example
 * branchOf("bd-a..b") // "nightly-dispatch/bd-a%2E.b"
 */
export const branchOf = (id: string): string => `${BRANCHES}/${id.replace(/\.(?=\.|$|lock$)/g, "%2E")}`

/** Why a command failed: its last `fatal:` or `error:` line, else its last line. Passwords in addresses are removed. */
export const failureReason = (result: Pick<ExecResult, "exitCode" | "signal" | "stdout" | "stderr">): string => {
  if (result.signal !== undefined) return `ended by ${result.signal}`
  const text = `${excerpt(result.stdout)}\n${excerpt(result.stderr)}`
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  const line = lines.findLast((line) => /^(fatal|error):/i.test(line)) ?? lines.at(-1) ?? ""
  const shown = oneLine(line.replace(/^(fatal|error):\s*/i, "").replace(/(:\/\/)[^/@\s]*@/g, "$1"))
  return shown === "" ? `exit code ${result.exitCode}` : shown
}

/** Whether another git process holds a lock or is adding a worktree, so that a second try may succeed. */
export const isBusy = (text: string): boolean => {
  const lines = excerpt(text).toLowerCase().split("\n")
  const hasLine = (pattern: RegExp, part = "") => lines.some((line) => pattern.test(line) && line.includes(part))
  return hasLine(/unable to create '/, ".lock'") || hasLine(/could not lock|cannot lock ref|another git process/)
    ? !hasLine(/cannot create/)
    : hasLine(/failed to read|could not open|unable to read/, "worktrees/")
}

/** Whether git refuses to remove the worktree without `--force`. */
export const isHeldByGit = (text: string): boolean =>
  /contains modified or untracked files|containing submodules|cannot remove a locked|validation failed/i.test(
    excerpt(text)
  )
