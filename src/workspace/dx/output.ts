import type { BeadsId } from "../../domain/Ids.ts"

/** The branch on which `dx-worktree create` makes a bug's worktree. */
export const dxBranchOf = (id: BeadsId): string => `feature-${id}`

/** A file that `dx-worktree create` leaves in each worktree. Not every repository ignores it. */
export const SESSION_LOCK = ".dx-session-lock"

/** The path that `create` printed: its last line. Notices may stand before it. */
export const createdPath = (stdout: string): string | undefined => {
  const last = stdout
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "")
  return last?.startsWith("/") === true ? last : undefined
}

/** Git may still list a worktree whose directory is missing; then `dx-worktree prune` helps. */
export const mayBeStale = (text: string): boolean =>
  /failed to create worktree|worktree-setup failed|already registered|prunable/i.test(text)

/** What a failed `create` is blamed on. */
export const createBlame = (exitCode: number, text: string): "issue" | "host" | "config" =>
  exitCode === 127 || /canonical repo missing|unknown command|usage:/i.test(text)
    ? "config"
    : mayBeStale(text)
      ? "issue"
      : "host"
