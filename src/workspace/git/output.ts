import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"

/** One record of `git worktree list --porcelain`. */
export interface WorktreeEntry {
  readonly path: string
  /** The commit that is checked out; `undefined` in a bare repository. */
  readonly head: string | undefined
  /** Without `refs/heads/`; `undefined` if HEAD is detached. */
  readonly branch: string | undefined
  /** The reason of a lock, empty if none was given; `undefined` if there is no lock. */
  readonly locked: string | undefined
}

/** Reads the output of `git worktree list --porcelain`. */
export const worktreeList = (text: string): ReadonlyArray<WorktreeEntry> =>
  text.split("\n\n").flatMap((record) => {
    const lines = record.split("\n")
    const value = (key: string) =>
      lines.find((line) => line === key || line.startsWith(`${key} `))?.slice(key.length + 1)
    const path = value("worktree") ?? ""
    const branch = value("branch")?.replace(/^refs\/heads\//, "")
    return path === "" ? [] : [{ path, head: value("HEAD"), branch, locked: value("locked") }]
  })

/** The state of a worktree, as `git status` reports it. */
export interface WorktreeStatus {
  readonly commit: string | undefined
  /** `(detached)` if none is checked out. */
  readonly branch: string | undefined
  /** Everything that differs from the commit: an untracked file's path, the whole record of other changes. */
  readonly changed: ReadonlyArray<string>
}

/** Reads the output of `git status --porcelain=v2 --branch -z`. */
export const worktreeStatus = (text: string): WorktreeStatus => {
  const records = text.split("\0").filter((record) => record !== "")
  const header = (key: string) =>
    records.find((record) => record.startsWith(`# branch.${key} `))?.slice(`# branch.${key} `.length)
  return {
    commit: header("oid"),
    branch: header("head"),
    changed: records.filter((record) => !record.startsWith("# ")).map((record) => record.replace(/^\? /, ""))
  }
}

/** Git locks a worktree with this reason while it adds it. A lock found later means that git was killed meanwhile. */
export const isUnfinished = (entry: WorktreeEntry): boolean => entry.locked === "initializing"

/** The branch that `git ls-remote --symref <remote> HEAD` names as the remote's default. */
export const remoteHead = (text: string): string | undefined => /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(text)?.[1]

/** The remote to start from, read from the output of `git remote`: `origin`, or the only remote. */
export const mainRemote = (text: string): string | undefined => {
  const remotes = text.split("\n").filter((line) => line !== "")
  return remotes.includes("origin") ? "origin" : remotes.length === 1 ? remotes[0] : undefined
}

/**
 * The branch for a bug. Git forbids `..` in a branch name, and a dot or `.lock` at its end, so such a dot is written
 * `%2E`. Two bugs never share a branch, because an id holds no `%`.
 *
 * @example
 * branchOf("bd-a..b") // "nightly-dispatch/bd-a%2E.b"
 */
export const branchOf = (id: BeadsId): string => `nightly-dispatch/${id.replace(/\.(?=\.|$|lock$)/g, "%2E")}`

/** Why a command failed: the line of its output that says so, without the password that an address may hold. */
export const failureReason = (result: Pick<ExecResult, "exitCode" | "signal" | "stdout" | "stderr">): string => {
  if (result.signal !== undefined) return `ended by ${result.signal}`
  const lines = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => line.trim() !== "")
  const line = lines.findLast((line) => /^(fatal|error):/i.test(line)) ?? lines.at(-1) ?? ""
  const shown = oneLine(line.replace(/^(fatal|error):\s*/i, "").replace(/(:\/\/)[^/@\s]*@/g, "$1"))
  return shown === "" ? `exit code ${result.exitCode}` : shown
}

/** Another git process holds a lock for a moment, or is in the middle of adding a worktree: try again. */
export const isBusy = (text: string): boolean =>
  /unable to create '[^\n]*\.lock'|could not lock|cannot lock ref|another git process/i.test(text)
    ? !/cannot create/i.test(text)
    : /(failed to read|could not open|unable to read) [^\n]*worktrees\//i.test(text)

/** Git removes this worktree only with `--force`. */
export const isHeldByGit = (text: string): boolean =>
  /contains modified or untracked files|containing submodules|cannot remove a locked|validation failed/i.test(text)

/** The failure is about this bug's branch or directory, so other bugs can still be dispatched. */
export const isAboutIssue = (text: string): boolean =>
  /already (checked out|used by|exists)|already registered|is locked|cannot force update|cannot create '?refs/i.test(
    text
  )
