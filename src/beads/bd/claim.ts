import { Effect, Either } from "effect"
import { ClaimFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim } from "../../domain/Claim.ts"
import type { Beads } from "../BeadsCli.ts"
import { claimStateOf, type ClaimState } from "../claimState.ts"
import type { BdChanges, Change } from "./change.ts"
import { errorLine, conflictOf } from "./messages.ts"

/** Why an issue is still free after `bd update --claim`. The reads showed that it is; bd's message only names the reason. */
const notClaimed = (beads: BeadsId, change: Change): ClaimFailed => {
  if (Either.isLeft(change)) return new ClaimFailed({ beads, reason: "unknown", detail: change.left.message })
  const { right: result } = change
  const conflict = conflictOf(result)
  const message = errorLine(result)
  if (conflict?._tag === "Held") {
    return new ClaimFailed({ beads, reason: "held", holder: conflict.holder, detail: message })
  }
  if (conflict !== undefined) return new ClaimFailed({ beads, reason: "not_open", detail: message })
  const success = "bd reported success, but the issue is not claimed"
  const detail = result.exitCode === 0 ? success : `${message} (exit ${result.exitCode})`
  return new ClaimFailed({ beads, reason: "refused", detail })
}

/** The claim's state after `bd update --claim`. Reads a free issue only once if bd reported a conflict. */
const readBack = Effect.fnUntraced(function* (
  { readUntil }: BdChanges,
  id: BeadsId,
  actor: Actor,
  change: Change
): Effect.fn.Return<ClaimState> {
  const conflict = Either.isRight(change) && conflictOf(change.right) !== undefined
  const read = yield* readUntil(id, (issue) => conflict || claimStateOf(id, issue, actor)._tag !== "Free")
  if (Either.isLeft(read)) {
    const detail = `it cannot be read back: ${read.left.message}`
    return { _tag: "Unavailable", failure: new ClaimFailed({ beads: id, reason: "unknown", detail }) }
  }
  const state = claimStateOf(id, read.right, actor)
  return state._tag === "Free" ? { _tag: "Unavailable", failure: notClaimed(id, change) } : state
})

const claimFree = Effect.fn("bd.claimFree")(function* (bd: BdChanges, id: BeadsId, actor: Actor) {
  const { claimsAtomically } = yield* bd.capabilities
  const change = yield* bd.change(`claim ${id}`, ["--actor", actor, "update", id, "--claim", "--json"])
  const state = yield* readBack(bd, id, actor, change)
  if (state._tag !== "Ours" || claimsAtomically) return state
  // A simultaneous claim may still overwrite ours.
  yield* Effect.sleep(bd.settleDelay)
  return yield* readBack(bd, id, actor, change)
})

/** Reads, runs `bd update --claim`, reads again. */
export const makeClaim = (bd: BdChanges): Beads["claim"] =>
  Effect.fn("BeadsCli.claim")(function* (id, actor, seen) {
    const before = claimStateOf(id, seen ?? (yield* bd.show(id)), actor)
    const state = before._tag === "Free" ? yield* claimFree(bd, id, actor) : before
    if (state._tag === "Unavailable") return yield* state.failure
    if (state._tag === "Ours") return new Claim({ id, actor, leaseExpiresAt: state.leaseExpiresAt })
    const closed = yield* Effect.orElseSucceed(bd.closeAgain(id, actor), () => false)
    if (closed) return yield* new ClaimFailed({ beads: id, reason: "not_open", detail: "it is closed" })
    const detail = `it was closed, the claim reopened it, and closing it again failed. Run: bd close ${id}`
    return yield* new ClaimFailed({ beads: id, reason: "unknown", detail })
  })
