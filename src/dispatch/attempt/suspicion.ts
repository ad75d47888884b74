import { Effect, Ref } from "effect"
import { PromptFailed, WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isOfOneBug } from "../../domain/WorkspaceFailure.ts"

/** A failure that may be the bug's or the host's. */
type Suspect = WorkspaceFailed | PromptFailed

/** What this run has suspected its bugs of. */
export interface Suspicions {
  /**
   * Fails with the error. If another bug of this run failed the same way, the host or the repository is to blame instead of the
   * bug. `names`: what the message may call the bug, its path and its branch, the longest first.
   */
  readonly weigh: (id: BeadsId, names: ReadonlyArray<string>) => (error: Suspect) => Effect.Effect<never, Suspect>
}

/** Equal for the same failure of two bugs. Numbers differ between bugs: git calls their worktrees `app` and `app1`. */
const sameness = (error: Suspect, names: ReadonlyArray<string>): string => {
  if (error._tag === "WorkspaceFailed" && error.kind !== "other") return error.kind
  const text = names.reduce((text, name) => text.replaceAll(name, "<bug>"), error.message)
  return text.replace(/\d+/g, "")
}

const blameHost = (error: Suspect, first: BeadsId): Suspect => {
  const detail = `${error.detail}; ${first} failed the same way, so this host or its repository is to blame and the run stops`
  return error._tag === "WorkspaceFailed"
    ? new WorkspaceFailed({ detail, next: error.next, kind: error.kind, blame: "host" })
    : new PromptFailed({ detail, blame: "host" })
}

/**
 * Remembers each failure that one bug had, for one run. The first is only a suspicion against its bug; the same failure of a
 * second bug stops the run.
 *
 * @example
 * const suspicions = yield* makeSuspicions
 * yield* Effect.catchAll(acquire, suspicions.weigh(issue.id, [path, branch, issue.id]))
 */
export const makeSuspicions: Effect.Effect<Suspicions> = Effect.gen(function* () {
  const suspected = yield* Ref.make<ReadonlyMap<string, BeadsId>>(new Map())
  return {
    weigh: (id, names) =>
      Effect.fnUntraced(function* (error) {
        const isOwn = error._tag === "WorkspaceFailed" && isOfOneBug(error.kind)
        if (error.blame !== "issue" || isOwn) return yield* error
        const failure = sameness(error, names)
        const first = yield* Ref.modify(suspected, (all) => [all.get(failure) ?? id, new Map([[failure, id], ...all])])
        return yield* first === id ? error : blameHost(error, first)
      })
  }
})
