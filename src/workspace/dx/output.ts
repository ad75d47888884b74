import type { BeadsId } from "../../domain/Ids.ts"

/** The branch that `dx-worktree create` makes for an issue. */
export const dxBranchOf = (id: BeadsId): string => `feature-${id}`

/** Its session mark: made by `create`, and not ignored by every repository. */
export const SESSION_LOCK = ".dx-session-lock"

/** The path that `create` prints: its last line, because notices may stand before it. */
export const createdPath = (stdout: string): string | undefined => {
  const last = stdout
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "")
  return last?.startsWith("/") === true ? last : undefined
}

/** Failures behind which git may still list a directory that is gone; `dx-worktree prune` helps then. */
export const mayBeStale = (text: string): boolean =>
  /failed to create worktree|worktree-setup failed|already registered|prunable/i.test(text)

/** Whose fault a failed `create` is. */
export const createBlame = (exitCode: number, text: string): "issue" | "host" | "config" =>
  exitCode === 127 || /canonical repo missing|unknown command|usage:/i.test(text)
    ? "config"
    : mayBeStale(text)
      ? "issue"
      : "host"
