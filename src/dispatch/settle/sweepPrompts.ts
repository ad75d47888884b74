import { Effect } from "effect"
import { isOwn } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Settlement } from "./settlement.ts"

/** The prompts of the attempts that have ended. */
const promptsOf = (settled: ReadonlyArray<Settlement>): ReadonlySet<string> =>
  new Set(
    settled.flatMap(({ _tag, attempt }) =>
      _tag === "Ended" && "prompt" in attempt && attempt.prompt !== undefined ? [attempt.prompt.path] : []
    )
  )

/** The bugs of ended attempts whose prompts may go. */
const releasedBy = (settled: ReadonlyArray<Settlement>): ReadonlySet<BeadsId> =>
  new Set(settled.flatMap((result) => (result._tag === "Ended" && result.promptIsOver ? [result.attempt.beads] : [])))

/**
 * Removes the prompt files of ended jobs. A file stays if its attempt is open, or if its job is unknown. Call it under the run
 * lock. `begin`: when settling began, in milliseconds since the epoch. `knowsClaims`: the claims in the tracker were read. Without
 * them it is unknown which bugs of a lost journal are at work, so only the prompts of bugs that were settled now may go.
 */
export const sweepPrompts = Effect.fn("settle.prompts")(
  function* (
    settled: ReadonlyArray<Settlement>,
    { begin, knowsClaims }: { readonly begin: number; readonly knowsClaims: boolean }
  ) {
    const [journal, prompts, runner] = yield* Effect.all([Journal, PromptStore, DxRunner])
    const open = new Set((yield* journal.open).map(({ beads }) => beads))
    const settledNow = new Set(settled.map(({ attempt }) => attempt.beads))
    const isFinished = (id: BeadsId) =>
      open.has(id) || !(knowsClaims || settledNow.has(id))
        ? Effect.succeed(false)
        : Effect.map(runner.job(id), (job) => job === undefined || !isLive(job))
    const removed = yield* prompts.sweep(isFinished, {
      isOwn: (mark) => isOwn(journal.identity, mark),
      listed: promptsOf(settled),
      released: { beads: releasedBy(settled), before: begin }
    })
    if (removed.length > 0) yield* Effect.logInfo(`removed ${removed.length} prompt file(s) of ended jobs`)
  },
  Effect.catchAll((error) => Effect.logWarning(`prompt files of ended jobs stay until the next run: ${error.message}`))
)
