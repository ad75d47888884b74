import { Context, type Effect, type Scope } from "effect"
import type { PromptFailed } from "../domain/Failure.ts"
import type { Mark } from "../domain/Identity.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { PromptFile } from "../domain/PromptFile.ts"

/**
 * Bugs whose claims this run has released. If a prompt of such a bug was written until `before` (milliseconds since the
 * epoch), its dispatch has ended: a dispatch that goes on holds the claim.
 */
export interface ReleasedClaims {
  readonly beads: ReadonlySet<BeadsId>
  readonly before: number
}

/** Which prompts a dispatcher may remove. The others belong to dispatchers whose jobs it does not know. */
export interface SweepScope {
  /** Whether the mark is one of this dispatcher's own. */
  readonly isOwn: (mark: Mark) => boolean
  /** The paths of prompts without a mark, from earlier versions, that its journal lists. */
  readonly listed?: ReadonlySet<string> | undefined
  readonly released?: ReleasedClaims | undefined
}

/**
 * Prompt files: one for each dispatch, named after the bug, mode 0600, never written through a link.
 *
 * Closing the scope removes the file, unless it was kept. A kept file belongs to the job, because a runner may read it
 * after the acknowledgement and at each restart; `sweep` removes it when the job has ended.
 *
 * @example
 * Effect.scoped(Effect.gen(function* () {
 *   const store = yield* PromptStore
 *   const file = yield* store.write(id, mark, "Fix it.")
 *   yield* Console.log(`the agent reads ${file.path}`)
 *   yield* store.keep(file)
 * }))
 */
export class PromptStore extends Context.Tag("nightly-dispatch/PromptStore")<
  PromptStore,
  {
    /** Writes the prompt of this bug for the dispatcher that the mark names. */
    readonly write: (id: BeadsId, mark: Mark, text: string) => Effect.Effect<PromptFile, PromptFailed, Scope.Scope>
    /** Hands the file over to a running job: closing the scope no longer removes it. */
    readonly keep: (file: PromptFile) => Effect.Effect<void>
    /**
     * Removes the files of this dispatcher that no job needs, also those of earlier runs, and returns them. A file is removed
     * if its job `isFinished` and it either was kept or belongs to a bug of `released`. A file stays if `isFinished` fails.
     */
    readonly sweep: <E, R>(
      isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
      scope: SweepScope
    ) => Effect.Effect<ReadonlyArray<PromptFile>, PromptFailed, R>
  }
>() {}
