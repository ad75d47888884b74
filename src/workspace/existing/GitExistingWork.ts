import { Effect, Layer, type Duration } from "effect"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Exec } from "../../exec/Exec.ts"
import { ExistingWork, type SoughtBug } from "../ExistingWork.ts"
import { freshNamedBase, localNamedBase, shownName, type Fetching } from "../git/base.ts"
import { makeGit } from "../git/command.ts"
import { branchesWithWork } from "./branches.ts"
import { commitsNaming } from "./commits.ts"
import { pullRequestsNaming } from "./pullRequests.ts"

export const layer = (options: {
  readonly base: string | undefined
  /** Of one call of git. */
  readonly timeout: Duration.Duration
  readonly allowFilters: ReadonlyArray<string>
  readonly fetching: Fetching | undefined
}): Layer.Layer<ExistingWork, never, Exec> =>
  Layer.effect(
    ExistingWork,
    Effect.map(Exec, (exec) => {
      const { base: configured, fetching } = options
      const git = makeGit(exec, options)

      const inClone = Effect.fn("existing.clone")(
        function* (bugs: ReadonlyArray<SoughtBug>, repository: Repository) {
          const clone = repository.path
          const named = yield* fetching === undefined
            ? localNamedBase(git, repository, configured)
            : freshNamedBase(git, repository, fetching, configured)
          const on = yield* Effect.cached(shownName(git, clone, named))
          const base = { commit: named.commit, on }
          const looks = [commitsNaming(git, clone, base, bugs), branchesWithWork(git, clone, base, bugs)] as const
          return yield* Effect.all(looks, { concurrency: 2 })
        },
        Effect.catchAll(({ advice }) =>
          Effect.as(Effect.logWarning(`cannot look for commits and branches of open bugs: ${advice}`), [])
        )
      )

      const find = Effect.fn("ExistingWork.find")(function* (bugs: ReadonlyArray<SoughtBug>, repository: Repository) {
        const found = new Map<BeadsId, ReadonlyArray<FoundWork>>()
        if (bugs.length === 0) return found
        const looks = yield* Effect.all(
          [inClone(bugs, repository), pullRequestsNaming(exec, git, repository.path, bugs)],
          { concurrency: 2 }
        )
        for (const look of looks.flat()) {
          for (const [id, work] of look) found.set(id, [...(found.get(id) ?? []), work])
        }
        return found
      })
      return { find }
    })
  )
