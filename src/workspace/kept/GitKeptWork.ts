import { Effect, Layer } from "effect"
import { Exec } from "../../exec/Exec.ts"
import { makeGit, type GitOptions } from "../git/command.ts"
import { KeptWork, type BranchFacts } from "../KeptWork.ts"
import { diffOf } from "./diff.ts"
import { factsOf } from "./facts.ts"
import { becameOf } from "./many.ts"
import { mergeKept, pushBase } from "./merge.ts"
import { pagerIn } from "./pager.ts"
import { fetchPushed, publishKept, unpublish } from "./publish.ts"

export const layer = (
  options: GitOptions & { readonly base: string | undefined }
): Layer.Layer<KeptWork, never, Exec> =>
  Layer.effect(
    KeptWork,
    Effect.map(Exec, (exec) => {
      const git = makeGit(exec, options)
      return {
        facts: (kept) => factsOf(git, kept, options.base),
        many: (clone, branches) =>
          becameOf(git, clone, branches, options.base).pipe(
            Effect.catchAll(({ advice }) =>
              Effect.as(
                Effect.logWarning(`git cannot tell what became of the branches in ${clone}: ${advice}`),
                new Map<string, BranchFacts>()
              )
            ),
            Effect.withSpan("KeptWork.many")
          ),
        diff: (kept) => diffOf(git, kept, options.base),
        pager: (clone, own) => pagerIn(git, clone, own),
        merge: (kept, message) => mergeKept(git, kept, message, options.base),
        push: (clone, remote) => pushBase(git, clone, remote, options.base),
        publish: (kept, remote, ours) => publishKept(git, kept, remote, ours),
        fetch: (clone, pushed) => fetchPushed(git, clone, pushed),
        unpublish: (clone, pushed) => unpublish(git, clone, pushed)
      }
    })
  )
