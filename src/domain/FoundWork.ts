/** Work for a bug that exists, although no attempt in this journal explains it. */
export interface FoundWork {
  /**
   * `commit`: on the base, and its message names the bug. `branch`: a branch of a dispatcher with commits for the bug.
   * `pull_request`: open, and it names the bug.
   */
  readonly kind: "commit" | "branch" | "pull_request"
  /** For a person: `commit 1a2b3c4 "Fix parser (bd-1)" on origin/main`. One line. */
  readonly place: string
  /** When it was made. Milliseconds since the epoch; 0 if that is not known. */
  readonly at: number
}

/** What a person can do about each kind, instead of having the bug tried all the same. */
const NEXT: Readonly<Record<FoundWork["kind"], string>> = {
  commit: "names it. Close the bug",
  branch: "has commits for it, which no job in this journal made. Accept it and close the bug, or delete it",
  pull_request: "names it. Merge it and close the bug, or close the pull request"
}

/**
 * The work in words, and what to do about it.
 *
 * @example
 * foundWorkInWords("bd-1", { kind: "commit", place: 'commit 1a2b3c4 "Fix" on main', at: 0 })
 * // 'commit 1a2b3c4 "Fix" on main names it. Close the bug, or have it tried all the same: nightly-dispatch retry bd-1'
 */
export const foundWorkInWords = (id: string, { kind, place }: FoundWork): string =>
  `${place} ${NEXT[kind]}, or have it tried all the same: nightly-dispatch retry ${id}`
