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

/** Reads the output of `git worktree list --porcelain`, with `-z` or without. */
export const worktreeList = (text: string): ReadonlyArray<WorktreeEntry> => {
  const end = text.includes("\0") ? "\0" : "\n"
  return text.split(end + end).flatMap((record) => {
    if (!record.startsWith("worktree ")) return []
    const lines = record.split(end)
    const value = (key: string) =>
      lines.find((line) => line === key || line.startsWith(`${key} `))?.slice(key.length + 1)
    const path = value("worktree") ?? ""
    const branch = value("branch")?.replace(/^refs\/heads\//, "")
    return path === "" ? [] : [{ path, head: value("HEAD"), branch, locked: value("locked") }]
  })
}

/** An entry of `git status`: something that differs from HEAD, in the index or on the disk. */
export interface StatusEntry {
  /** From the top of the worktree. A directory, also of another repository, ends with a slash. */
  readonly path: string
  readonly isTracked: boolean
  /** As git prints it: with the hashes of HEAD and of the index. */
  readonly record: string
}

/** The fields of a record before its path, by the record's first letter. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, u: 10, "?": 1 }

/** What stands behind so many fields, each of which ends with a space. */
const behind = (fields: number, record: string): string => {
  let at = 0
  for (let field = 0; field < fields; field++) {
    const space = record.indexOf(" ", at)
    if (space === -1) return ""
    at = space + 1
  }
  return record.slice(at)
}

const HEADER = /^# branch\.(oid|head) (.*)$/s

/** Reads the output of `git status --porcelain=v2 --branch --no-renames -z`. */
export const worktreeStatus = (text: string) => {
  const [headers, entries]: [Map<string, string>, Array<StatusEntry>] = [new Map(), []]
  for (const record of text.split("\0")) {
    if (record === "") continue
    if (record.startsWith("# ")) {
      const [, key = "", value = ""] = HEADER.exec(record) ?? []
      headers.set(key, value)
    } else {
      const path = behind(FIELDS[record.slice(0, 1)] ?? 0, record)
      entries.push({ path, isTracked: !record.startsWith("? "), record })
    }
  }
  /** `head` is `(detached)` if no branch is checked out. */
  return { commit: headers.get("oid"), branch: headers.get("head"), entries }
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
