import { Context, type Effect, type Scope } from "effect"
import type { PromptFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { PromptFile } from "../domain/Job.ts"

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
     * Removes every kept file whose job has ended, of earlier runs too, and returns the removed ones. A file whose
     * job cannot be told (`isFinished` fails) stays.
     */
    readonly sweep: <E, R>(
      isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>
    ) => Effect.Effect<ReadonlyArray<PromptFile>, PromptFailed, R>
  }
>() {}
