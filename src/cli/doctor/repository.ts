import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { Settings } from "../../domain/Settings.ts"
import { Exec } from "../../exec/Exec.ts"
import { repositoryOf, type Tools } from "../../locate.ts"
import type { Surroundings } from "../../surroundings.ts"
import { localNamedBase, shownName } from "../../workspace/git/base.ts"
import { makeGit } from "../../workspace/git/command.ts"
import { makeWorktreeRoot } from "../../workspace/git/worktreeRoot.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { ok, problem, type Finding } from "./Finding.ts"
import { findTool, missingTool, type Both, type Tool } from "./tool.ts"

type Tried<A> = Either.Either<A, WorkspaceFailed>

export interface RepositoryFacts {
  readonly git: Tool
  readonly repository: Tried<Repository>
  /** The branch or commit that work starts from. */
  readonly base: Tried<string>
  /** `none`: agents work in the repository itself. */
  readonly backend: Settings["workspace"]["backend"]
  /** Whether the directory of all worktrees can be used or made. */
  readonly root: Tried<string>
  /** Whether a trial worktree could be made and removed. */
  readonly trial: Tried<void>
}

export const gatherRepository = Effect.fn("doctor.repository")(function* (
  settings: Settings,
  surroundings: Surroundings,
  { worktreeRoot }: Pick<Tools, "worktreeRoot">,
  both: Both
) {
  const [exec, workspaces] = yield* Effect.all([Exec, Workspaces])
  const { allowFilters, backend, base } = settings.workspace
  const git = makeGit(exec, { timeout: settings.timeouts.workspace, allowFilters })
  const repository = yield* Effect.cached(repositoryOf(settings, surroundings))
  const named = Effect.flatMap(repository, (found) =>
    Effect.flatMap(localNamedBase(git, found, base), (commit) => shownName(git, found.path, commit))
  )
  const place = Effect.flatMap(makeWorktreeRoot(worktreeRoot, process.getuid?.()), (made) =>
    Effect.as(made.check, made.path)
  )
  return yield* Effect.all(
    {
      git: findTool("git", both),
      repository: Effect.either(repository),
      base: Effect.either(named),
      backend: Effect.succeed(backend),
      root: Effect.either(place),
      trial: Effect.either(Effect.flatMap(repository, workspaces.check))
    },
    { concurrency: "unbounded" }
  )
})

/** Failures of the repository. The other ones are failures of the place of the worktrees. */
const OF_REPOSITORY: ReadonlySet<string> = new Set([
  "no_base",
  "fetch_failed",
  "no_repository",
  "unusable",
  "filter_missing",
  "filter_failed"
])

const mendOf = ({ kind, next }: WorkspaceFailed, path: string): string =>
  kind === "no_base"
    ? `git -C ${shellWord(path)} commit, or workspace.base in the settings`
    : (next?.replace(/^Run: /, "") ?? "repoPath in the settings")

const worktreeFindings = ({ backend, root, trial }: RepositoryFacts): ReadonlyArray<Finding> => {
  if (backend === "none") return [ok("worktrees", "none: agents work in the repository itself, one at a time")]
  const elsewhere = "workspace.root: a directory of your own, in the settings"
  if (Either.isLeft(root)) return [problem("worktrees", root.left.detail, elsewhere)]
  if (Either.isRight(trial)) return [ok("worktrees", `can be made in ${root.right}: one was made and removed`)]
  return OF_REPOSITORY.has(trial.left.kind) ? [] : [problem("worktrees", trial.left.detail, elsewhere)]
}

export const repositoryFindings = (facts: RepositoryFacts): ReadonlyArray<Finding> => {
  const { base, git, repository, root, trial } = facts
  const missing = missingTool("repository", git, "a run makes its worktrees with it", "install git")
  if (missing.length > 0) return missing
  if (Either.isLeft(repository)) {
    return [problem("repository", repository.left.detail, mendOf(repository.left, "")), ...worktreeFindings(facts)]
  }
  const { name, path } = repository.right
  const ofTrial =
    Either.isLeft(trial) && Either.isRight(root) && OF_REPOSITORY.has(trial.left.kind) ? trial.left : undefined
  const failed = ofTrial ?? (Either.isLeft(base) ? base.left : undefined)
  const found =
    failed === undefined
      ? ok("repository", `${name} (${path}), work starts from ${Either.getOrElse(base, () => "its last commit")}`)
      : problem("repository", failed.detail, mendOf(failed, path))
  return [found, ...worktreeFindings(facts)]
}
