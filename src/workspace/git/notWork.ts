/**
 * Files and directories that agents' command lines and dx tools leave at the top of a worktree for themselves. They are no work
 * while git does not track them. A slash at the end: everything below.
 */
export const DROPPINGS: ReadonlyArray<string> = [
  ".aider.chat.history.md",
  ".aider.input.history",
  ".aider.llm.history",
  ".aider.tags.cache.v3/",
  ".aider.tags.cache.v4/",
  ".amazonq/",
  ".amp/",
  ".augment/",
  ".claude/",
  ".codex/",
  ".continue/",
  ".crush/",
  ".cursor/",
  ".dx/",
  ".dx-session-lock",
  ".factory/",
  ".gemini/",
  ".goose/",
  ".kilocode/",
  ".kiro/",
  ".opencode/",
  ".openhands/",
  ".playwright-mcp/",
  ".qwen/",
  ".roo/",
  ".serena/",
  ".specstory/",
  ".trae/",
  ".windsurf/"
]

/** Everything that `bd` writes: its export, which git may track, its database, and lock files in and beside its directory. */
const TRACKER = /^(?:\.beads(?:\/|$)|[^/]*\.gate\.lock$)/

/** Whether a path, from the top of a worktree, is one of the tracker's own files. */
export const isTrackers = (path: string): boolean => TRACKER.test(path)

const isDropping = (path: string): boolean =>
  DROPPINGS.some((name) => path === name || (name.endsWith("/") && path.startsWith(name)))

/**
 * Whether an entry of `git status` may be an agent's work.
 *
 * @example
 * mayBeWork({ path: ".claude/settings.local.json", isTracked: false }) // false
 */
export const mayBeWork = ({ isTracked, path }: { readonly path: string; readonly isTracked: boolean }): boolean =>
  !isTrackers(path) && (isTracked || !isDropping(path))
