import { Context, type Effect, type Scope } from "effect"
import type { PromptFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { PromptFile } from "../domain/PromptFile.ts"

/**
 * Bugs whose claims have just been given back. Whatever was written for one of them `before` then, in milliseconds since the
 * epoch, belongs to no dispatch that is under way: its dispatcher would have held the claim.
 */
export interface GivenBack {
  readonly beads: ReadonlySet<BeadsId>
  readonly before: number
}

/**
 * Prompt files: mode 0600, created exclusively, never followed through a link, named after their issue.
 *
 * A file belongs to the scope that wrote it and goes with it, unless it is kept: then it belongs to the job, because
 * runners read it late and again on restart, and `sweep` removes it when the job has ended.
 *
 * @example
 * Effect.scoped(Effect.gen(function* () {
 *   const store = yield* PromptStore
 *   const file = yield* store.write(id, "Fix it.")
 *   yield* startJob(file.path)
 *   yield* store.keep(file)
 * }))
 */
export class PromptStore extends Context.Tag("nightly-dispatch/PromptStore")<
  PromptStore,
  {
    readonly write: (id: BeadsId, text: string) => Effect.Effect<PromptFile, PromptFailed, Scope.Scope>
    /** Hands the file over to a running job: closing the scope no longer removes it. */
    readonly keep: (file: PromptFile) => Effect.Effect<void>
    /**
     * Removes every file whose job has ended and that was kept, or that is of a bug `givenBack`, of earlier runs too, and
     * returns the removed ones. A file whose job cannot be told (`isFinished` fails) stays.
     */
    readonly sweep: <E, R>(
      isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
      givenBack?: GivenBack
    ) => Effect.Effect<ReadonlyArray<PromptFile>, PromptFailed, R>
  }
>() {}
