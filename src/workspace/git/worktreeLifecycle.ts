import { Effect, Option, Ref, type Exit, type Scope } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { withinGraceIfInterrupted } from "../../domain/interruption.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Git } from "./command.ts"
import { requireRepository } from "./base.ts"
import type { Places } from "./place.ts"
import { discardWorktree, putBack } from "./removal.ts"
import type { Making } from "./worktree.ts"
import type { Repository } from "../../domain/Repository.ts"

/** One `acquire` whose scope is open. */
interface Handout {
  readonly path: string
  /** It was handed over to a job. */
  readonly kept: Ref.Ref<boolean>
  /** What closing the scope puts back. */
  readonly made: Ref.Ref<Making | undefined>
}

const refused = (detail: string) => new WorkspaceFailed({ detail: oneLine(detail), blame: "issue" })

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/

/**
 * The worktrees that were handed out and how they come to their end, the same for every way to make them: `branchOf` is
 * the branch an issue's worktree is made on, `litter` what the tool that makes it leaves in it, as paths.
 */
export const makeHandouts = Effect.fnUntraced(function* (
  git: Git,
  places: Places,
  branchOf: (id: BeadsId) => string,
  litter: ReadonlyArray<string> = []
) {
  /** One at a time for each repository of this process. Other processes are waited for at git's own locks. */
  const exclusive = keyedMutex<string>()
  const place = (id: BeadsId, repository: Repository) => ({ path: places.pathOf(id, repository), branch: branchOf(id) })
  const open = yield* Ref.make<ReadonlyArray<Handout>>([])
  const openAt = (path: string) => Effect.map(Ref.get(open), (all) => all.filter((each) => each.path === path))

  const close = (handout: Handout, exit: Exit.Exit<unknown, unknown>) =>
    Effect.gen(function* () {
      const making = yield* Ref.get(handout.made)
      if (making === undefined || (yield* Ref.get(handout.kept))) return
      const done = yield* withinGraceIfInterrupted(exit)(exclusive(making.clone)(putBack(git, places, making, litter)))
      if (Option.isNone(done)) {
        yield* Effect.logWarning(`worktree ${making.place.path} is not put back: there was no time for it`)
      }
    }).pipe(Effect.ensuring(Ref.update(open, (all) => all.filter((each) => each !== handout))))

  /** `prepare` notes in `made` what is to be put back, as soon as there is anything. */
  const acquire = Effect.fnUntraced(function* (
    id: BeadsId,
    repository: Repository,
    prepare: (made: Ref.Ref<Making | undefined>) => Effect.Effect<Workspace, WorkspaceFailed>
  ): Effect.fn.Return<Workspace, WorkspaceFailed, Scope.Scope> {
    const handout: Handout = {
      path: places.pathOf(id, repository),
      kept: yield* Ref.make(false),
      made: yield* Ref.make<Making | undefined>(undefined)
    }
    // Before anything is made, so that whatever is made by then is put back when this is cut short.
    yield* Effect.acquireRelease(
      Ref.update(open, (all) => [...all, handout]),
      (_, exit) => close(handout, exit)
    )
    return yield* exclusive(repository.path)(prepare(handout.made))
  })

  const keep = ({ path }: Workspace) =>
    Effect.flatMap(openAt(path), (all) => Effect.forEach(all, ({ kept }) => Ref.set(kept, true), { discard: true }))

  /** What was written down of it comes from a file, so it decides nothing that this layer can tell by itself. */
  const discard = Effect.fn("Workspaces.discard")(function* (id: BeadsId, repository: Repository, told: Workspace) {
    const { path, branch } = place(id, repository)
    const base = told.base ?? ""
    if (told.path !== path) return yield* refused(`${told.path} is not the worktree of ${id}, which is ${path}`)
    if (!told.reused && told.branch !== branch)
      return yield* refused(`${told.branch ?? "none"} is not the branch of ${id}`)
    if (!COMMIT.test(base)) return yield* refused(`${path} is said to start from ${base || "nothing"}: not a commit`)
    const making = { clone: repository.path, branch, newBranch: !told.reused, base, complete: true }
    return yield* Effect.gen(function* () {
      if ((yield* openAt(path)).length > 0) return yield* refused(`${path} is being worked on`)
      yield* requireRepository(git, repository)
      const found = yield* places.find(id, repository)
      return yield* discardWorktree(git, places, { ...making, place: found }, told.reused, litter)
    }).pipe(exclusive(repository.path))
  })

  return { place, acquire, keep, discard }
})
