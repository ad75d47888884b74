import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"

/** One record of `git worktree list --porcelain`. */
export interface WorktreeEntry {
  readonly path: string
  /** The commit that is checked out there; absent in a bare repository. */
  readonly head: string | undefined
  /** Without `refs/heads/`; absent when its HEAD is detached. */
  readonly branch: string | undefined
  /** Why it is locked; the empty text when nobody said why. */
  readonly locked: string | undefined
}

/** `git worktree list --porcelain`. */
export const worktreeList = (text: string): ReadonlyArray<WorktreeEntry> =>
  text.split("\n\n").flatMap((record) => {
    const lines = record.split("\n")
    const value = (key: string): string | undefined => {
      const line = lines.find((line) => line === key || line.startsWith(`${key} `))
      return line?.slice(key.length + 1)
    }
    const path = value("worktree")
    return path === undefined || path === ""
      ? []
      : [
          {
            path,
            head: value("HEAD"),
            branch: value("branch")?.replace(/^refs\/heads\//, ""),
            locked: value("locked")
          }
        ]
  })

/** What `git status --porcelain=v2 --branch -z` says. */
export interface WorktreeStatus {
  readonly commit: string | undefined
  /** `(detached)` when none is checked out. */
  readonly branch: string | undefined
  /** Whatever is not as committed: the path of an untracked file, the whole record of anything else. */
  readonly changed: ReadonlyArray<string>
}

/** `git status --porcelain=v2 --branch -z`. */
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

/** What git says of itself while it adds a worktree. Found later, it was killed before the worktree was whole. */
export const isUnfinished = (entry: WorktreeEntry): boolean => entry.locked === "initializing"

/** The branch that `git ls-remote --symref <remote> HEAD` names as the remote's default. */
export const remoteHead = (text: string): string | undefined => /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(text)?.[1]

/** The remote to start from, of `git remote`'s lines: `origin`, else the only one there is. */
export const mainRemote = (text: string): string | undefined => {
  const remotes = text.split("\n").filter((line) => line !== "")
  return remotes.includes("origin") ? "origin" : remotes.length === 1 ? remotes[0] : undefined
}

/**
 * The branch an issue is worked on. Ids are nearly always fit for one as they are; git forbids `..`, and a dot or
 * `.lock` at the end, so such a dot is written `%2E`. Two ids never share a branch, because an id holds no `%`.
 */
export const branchOf = (id: BeadsId): string => `nightly-dispatch/${id.replace(/\.(?=\.|$|lock$)/g, "%2E")}`

/** The line of a failed command's output that says why, without the password that an address may hold. */
export const complaint = (result: Pick<ExecResult, "exitCode" | "signal" | "stdout" | "stderr">): string => {
  if (result.signal !== undefined) return `ended by ${result.signal}`
  const lines = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => line.trim() !== "")
  const said = lines.findLast((line) => /^(fatal|error):/i.test(line)) ?? lines.at(-1) ?? ""
  const shown = oneLine(said.replace(/^(fatal|error):\s*/i, "").replace(/(:\/\/)[^/@\s]*@/g, "$1"))
  return shown === "" ? `exit code ${result.exitCode}` : shown
}

/** Another git process holds a lock that it will give back in a moment, or is in the middle of adding a worktree. */
export const isBusy = (text: string): boolean =>
  /unable to create '[^\n]*\.lock'|could not lock|cannot lock ref|another git process/i.test(text)
    ? !/cannot create/i.test(text)
    : /(failed to read|could not open|unable to read) [^\n]*worktrees\//i.test(text)

/** Git does not remove this worktree without force, however often it is asked. */
export const isHeldByGit = (text: string): boolean =>
  /contains modified or untracked files|containing submodules|cannot remove a locked|validation failed/i.test(text)

/** Failures that are about this issue's branch or directory; the next issue would not meet them. */
export const isAboutIssue = (text: string): boolean =>
  /already (checked out|used by|exists)|already registered|is locked|cannot force update|cannot create '?refs/i.test(
    text
  )
