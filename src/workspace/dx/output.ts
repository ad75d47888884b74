import type { BeadsId } from "../../domain/Ids.ts"

/** The branch on which `dx-worktree create` makes a bug's worktree. */
export const dxBranchOf = (id: BeadsId): string => `feature-${id}`

/** A file that `dx-worktree create` leaves in each worktree. Not every repository ignores it. */
export const SESSION_LOCK = ".dx-session-lock"

/** The path that `create` printed, after any notices: its last line. `undefined` if that is no absolute path. */
export const createdPath = (stdout: string): string | undefined => {
  const last = stdout
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "")
  return last?.startsWith("/") === true ? last : undefined
}

/** Whether git may list a worktree whose directory is missing. `dx-worktree prune` removes such an entry. */
export const mayBeStale = (text: string): boolean =>
  /failed to create worktree|worktree-setup failed|already registered|prunable/i.test(text)

/** The blame of a failed `create`. */
export const createBlame = (exitCode: number, text: string): "issue" | "host" | "config" =>
  exitCode === 127 || /canonical repo missing|unknown command|usage:/i.test(text)
    ? "config"
    : mayBeStale(text)
      ? "issue"
      : "host"
