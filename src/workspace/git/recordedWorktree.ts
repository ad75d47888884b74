import { Effect } from "effect"
import { dirname, normalize } from "node:path"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { tryAgain } from "./failure.ts"
import { COMMIT, requireRepository, type Worktree } from "./worktree.ts"
import type { WorktreeTools } from "./worktreeDirectory.ts"
import { isMissing, obstructed } from "./worktreeRoot.ts"

const refuse = (detail: string) => obstructed(oneLine(detail))

/** What a lifecycle knows of the worktrees of this process. */
interface Here {
  /** One call for each clone at a time. */
  readonly exclusive: (clone: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** One call for the worktree at each path at a time. */
  readonly alone: Here["exclusive"]
  readonly place: (id: BeadsId, repository: Repository) => { readonly path: string; readonly branch: string }
  /** The same tools, for worktrees below another root. */
  readonly toolsAt: (root: string) => Effect.Effect<WorktreeTools>
  /** The acquired worktrees at this path whose scope is open. */
  readonly openAt: (path: string) => Effect.Effect<ReadonlyArray<unknown>>
}

/**
 * The root of a recorded worktree, `<root>/<id>/<repo>`; `undefined` if the path is not such a one. It is another root than today's
 * if an earlier version, other settings or another runner made the worktree.
 */
const rootOf = (path: string, id: BeadsId, { name }: Repository): string | undefined => {
  const isPlain = path.startsWith("/") && normalize(path) === path && !/\p{Cc}/u.test(path)
  return isPlain && path.endsWith(`/${id}/${name}`) ? dirname(dirname(path)) : undefined
}

/** Whether a worktree is no longer where it was recorded, but at its place of today: it was moved, as with the state directory. */
const wasMoved = (recorded: string, today: string) =>
  Effect.zipWith(isMissing(recorded), isMissing(today), (isGone, isElsewhere) => isGone && !isElsewhere)

/**
 * Makes the function that uses the worktree of an earlier run, also below another root. `recorded` comes from the journal's file:
 * its path and branch must match, and what goes to git must be a commit.
 */
export const makeRecorded = (here: WorktreeTools, { alone, exclusive, openAt, place, toolsAt }: Here) =>
  Effect.fnUntraced(function* <A>(
    id: BeadsId,
    repository: Repository,
    recorded: Workspace,
    use: (tools: WorktreeTools, worktree: Worktree) => Effect.Effect<A, WorkspaceFailed>
  ) {
    const { branch, path: expected } = place(id, repository)
    const { base = "", path, reused, snapshot } = recorded
    const root = rootOf(path, id, repository)
    if (root === undefined) return yield* refuse(`${path} is not the worktree of ${id}, which is ${expected}`)
    if (!reused && recorded.branch !== branch) {
      return yield* refuse(`${recorded.branch ?? "none"} is not the branch of ${id}`)
    }
    if (!COMMIT.test(base)) return yield* refuse(`the recorded base of ${path} is ${base || "nothing"}: not a commit`)
    return yield* Effect.gen(function* () {
      if ((yield* openAt(path)).length > 0) return yield* refuse(`${path} is in use by this process`)
      yield* requireRepository(here.git, repository)
      const isHere = path === expected || (yield* wasMoved(path, expected))
      const tools = isHere ? here : yield* toolsAt(root)
      const location = yield* tools.directories.locate(id, repository)
      const clone = repository.path
      return yield* use(tools, { clone, location, branch, newBranch: !reused, base, complete: true, snapshot })
    }).pipe(exclusive(repository.path), alone(expected), Effect.mapError(tryAgain))
  })
