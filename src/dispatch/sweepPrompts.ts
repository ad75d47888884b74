import { Effect } from "effect"
import { isLive } from "../domain/Job.ts"
import { PromptStore } from "../prompt/PromptStore.ts"
import { DxRunner } from "../runner/DxRunner.ts"

/** Removes the prompt files of jobs that have ended, and says how many. What cannot be told or removed stays. */
export const sweepPrompts = Effect.gen(function* () {
  const [prompts, runner] = yield* Effect.all([PromptStore, DxRunner])
  const removed = yield* prompts.sweep((id) => Effect.map(runner.job(id), (job) => job === undefined || !isLive(job)))
  if (removed.length > 0) yield* Effect.logInfo(`removed ${removed.length} prompt file(s) of ended jobs`)
  return removed.length
}).pipe(Effect.catchAll((error) => Effect.as(Effect.logWarning(`prompt files not swept: ${error.message}`), 0)))
