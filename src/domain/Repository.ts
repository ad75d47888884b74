/** The repository that workspaces are made from. */
export interface Repository {
  /** Its name: the runner's `--repo`, and the last segment of a worktree's path. */
  readonly name: string
  /** The clone. Absolute. */
  readonly path: string
}
