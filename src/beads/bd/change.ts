import { Duration, Effect, Either } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import type { Beads } from "../BeadsCli.ts"
import { claimStateOf } from "../claimState.ts"
import type { BdCall } from "./guardedCall.ts"
import type { CapabilityCache } from "./capabilityCache.ts"

/** The result of a call that should change an issue. Left: the call was killed, so bd may or may not have made the change. */
export type Change = Either.Either<ExecResult, TrackerFailed>

/** The number of reads after a change that does not show. */
const READS = 4

/** How an issue is changed with bd: change, then read until the change shows. */
export interface BdChanges extends CapabilityCache {
  readonly show: Beads["show"]
  /** Runs bd. Fails only if bd never ran. */
  readonly change: (operation: string, args: ReadonlyArray<string>) => Effect.Effect<Change, TrackerFailed>
  /** Reads up to four times, with growing pauses, until `isSettled`. Returns the last read, or its failure. */
  readonly readUntil: (
    id: BeadsId,
    isSettled: (issue: Issue | undefined) => boolean
  ) => Effect.Effect<Either.Either<Issue | undefined, TrackerFailed>>
  /** Closes an issue that a claim has reopened. Returns whether that succeeded. */
  readonly closeAgain: (id: BeadsId, actor: Actor) => Effect.Effect<boolean, TrackerFailed>
  /** The first pause before a repeated read. */
  readonly settleDelay: Duration.Duration
}

export const makeBdChanges = (
  bd: BdCall,
  show: Beads["show"],
  cache: CapabilityCache,
  settleDelay: Duration.Duration
): BdChanges => {
  const change: BdChanges["change"] = (operation, args) =>
    Effect.map(bd.write(operation, args), (result): Change => Either.right(result)).pipe(
      Effect.catchIf(
        ({ reason }) => reason === "timeout" || reason === "too_much_output",
        (error) => Effect.succeed(Either.left(error))
      )
    )

  const readUntil: BdChanges["readUntil"] = Effect.fnUntraced(function* (id, isSettled) {
    let last = yield* Effect.either(show(id))
    for (let again = 0; again < READS - 1; again++) {
      if (Either.isRight(last) && isSettled(last.right)) break
      yield* Effect.sleep(Duration.times(settleDelay, 2 ** again))
      last = yield* Effect.either(show(id))
    }
    return last
  })

  const closeAgain: BdChanges["closeAgain"] = (id, actor) =>
    change(`close ${id}`, ["--actor", actor, "close", id, "--reason", "closed before it was claimed", "--json"]).pipe(
      Effect.zipRight(show(id)),
      Effect.map((issue) => claimStateOf(id, issue, actor)._tag !== "Reopened")
    )

  return { ...cache, show, change, readUntil, closeAgain, settleDelay }
}
