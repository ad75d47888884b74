import { Effect } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { tryAgain } from "./failure.ts"
import { COMMIT, requireRepository, type Worktree } from "./worktree.ts"
import type { WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

const refuse = (detail: string) => obstructed(oneLine(detail))

/** What a lifecycle knows of the worktrees of this process. */
interface Here {
  /** One call for each clone at a time. */
  readonly exclusive: (clone: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly place: (id: BeadsId, repository: Repository) => { readonly path: string; readonly branch: string }
  /** The acquired worktrees at this path whose scope is open. */
  readonly openAt: (path: string) => Effect.Effect<ReadonlyArray<unknown>>
}

/**
 * Makes the function that uses the worktree of an earlier run. `recorded` comes from the journal's file: its path and branch must
 * match, and what goes to git must be a commit.
 */
export const makeRecorded = ({ directories, git }: WorktreeTools, { exclusive, openAt, place }: Here) =>
  Effect.fnUntraced(function* <A>(
    id: BeadsId,
    repository: Repository,
    recorded: Workspace,
    use: (worktree: Worktree) => Effect.Effect<A, WorkspaceFailed>
  ) {
    const { branch, path } = place(id, repository)
    const { base = "", reused, snapshot } = recorded
    if (recorded.path !== path) return yield* refuse(`${recorded.path} is not the worktree of ${id}, which is ${path}`)
    if (!reused && recorded.branch !== branch) {
      return yield* refuse(`${recorded.branch ?? "none"} is not the branch of ${id}`)
    }
    if (!COMMIT.test(base)) return yield* refuse(`the recorded base of ${path} is ${base || "nothing"}: not a commit`)
    return yield* Effect.gen(function* () {
      if ((yield* openAt(path)).length > 0) return yield* refuse(`${path} is in use by this process`)
      yield* requireRepository(git, repository)
      const location = yield* directories.locate(id, repository)
      const clone = repository.path
      return yield* use({ clone, location, branch, newBranch: !reused, base, complete: true, snapshot })
    }).pipe(exclusive(repository.path), Effect.mapError(tryAgain))
  })
