import { Duration, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { claimStateOf, isOurs } from "../../beads/claimState.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Claim } from "../../domain/Claim.ts"
import { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import type { Issue } from "../../domain/Issue.ts"
import { CurrentSettings } from "../../domain/Settings.ts"

/** A time limit around the tracker's own limits: a layer that hangs must not hold up a dispatch. */
const limited = <A, E>(operation: string, calls: number, work: Effect.Effect<A, E>) =>
  Effect.flatMap(CurrentSettings, ({ timeouts }) => {
    const duration = Duration.sum(Duration.times(timeouts.beads, calls), INTERRUPT_GRACE)
    const detail = `no answer within ${Duration.format(duration)}`
    return Effect.timeoutFail(work, {
      duration,
      onTimeout: () => new TrackerFailed({ operation, reason: "timeout", detail, blame: "tracker" })
    })
  })

const read = (id: BeadsId) => Effect.flatMap(BeadsCli, (beads) => limited(`show ${id}`, 1, beads.show(id)))

const lossOf = ({ assignee, status }: Issue): string =>
  assignee === undefined ? `no actor has its claim (${status})` : `${assignee} has its claim (${status})`

/**
 * Reads the claim right before a start. Fails with `ClaimFailed` if it is not the actor's any more, and with `TrackerFailed`
 * if it cannot be read.
 *
 * @example
 * Effect.zipRight(verifyClaim(id, actor), runner.start(request))
 */
export const verifyClaim = Effect.fn("claim.verify")(function* (
  beads: BeadsId,
  actor: Actor
): Effect.fn.Return<void, ClaimFailed | TrackerFailed, BeadsCli> {
  const issue = yield* read(beads)
  if (claimStateOf(beads, issue, actor)._tag === "Ours") return
  const loss = issue === undefined ? "the tracker no longer has it" : lossOf(issue)
  const detail = `the claim was lost before the start: ${loss}; nothing was started`
  return yield* new ClaimFailed({ beads, reason: "lost", holder: issue?.assignee, detail })
})

/**
 * Whose claim it is while the actor's job runs.
 * - `Held`: the actor's; `claim` if it was found free and was taken again.
 * - `Unknown`: it cannot be told, so the job goes on.
 * - `Lost`: another actor has it, or the actor could not take it again.
 */
export type Confirmation =
  | { readonly _tag: "Held"; readonly claim?: Claim }
  | { readonly _tag: "Unknown"; readonly why: string }
  | { readonly _tag: "Lost"; readonly holder: string | undefined; readonly why: string }

/** What the bug's record says of the claim of the actor's job; `Free` if no actor has it. */
const confirmationOf = (
  id: BeadsId,
  issue: Issue | undefined,
  actor: Actor
): Confirmation | { readonly _tag: "Free"; readonly issue: Issue } => {
  if (issue === undefined) return { _tag: "Unknown", why: "the tracker no longer has the bug" }
  if (claimStateOf(id, issue, actor)._tag === "Free") return { _tag: "Free", issue }
  if (issue.assignee === actor || issue.status === "closed") return { _tag: "Held" }
  return { _tag: "Lost", holder: issue.assignee, why: lossOf(issue) }
}

/** Reads a claim that was taken again: the answer of the tracker alone is not trusted. */
const readBack = Effect.fn("claim.readBack")(function* (
  claim: Claim,
  actor: Actor
): Effect.fn.Return<Confirmation, never, BeadsCli> {
  const { id } = claim
  const found = yield* Effect.either(read(id))
  if (Either.isLeft(found)) {
    return { _tag: "Unknown", why: `it was claimed again and cannot be read back: ${found.left.message}` }
  }
  const confirmation = confirmationOf(id, found.right, actor)
  if (confirmation._tag === "Free") {
    return { _tag: "Unknown", why: "the tracker says that it was claimed again, and the bug is free" }
  }
  if (confirmation._tag !== "Held") return confirmation
  yield* Effect.logWarning(`${id}: its claim was found free while its job ran; claimed it again as ${actor}`)
  return { _tag: "Held", claim }
})

const claimAgain = Effect.fn("claim.again")(function* (
  issue: Issue,
  actor: Actor
): Effect.fn.Return<Confirmation, never, BeadsCli> {
  const { id } = issue
  const beads = yield* BeadsCli
  const claim = yield* Effect.either(limited(`claim ${id}`, 3, beads.claim(id, actor, issue)))
  if (Either.isRight(claim)) return yield* readBack(claim.right, actor)
  const { message: why } = claim.left
  return claim.left._tag === "TrackerFailed" || claim.left.reason === "unknown"
    ? { _tag: "Unknown", why: `it was found free, and claiming it again failed: ${why}` }
    : { _tag: "Lost", holder: claim.left.holder, why: `it was found free and could not be claimed again: ${why}` }
})

/**
 * Reads the claim of a running job, and takes it again if it is free. A closed bug counts as `Held`: no other actor works on
 * it, and the job's own agent may have closed it.
 *
 * @example
 * Effect.map(confirmClaim(id, actor), ({ _tag }) => _tag !== "Lost") // whether the job may go on
 */
export const confirmClaim = Effect.fn("claim.confirm")(function* (
  id: BeadsId,
  actor: Actor
): Effect.fn.Return<Confirmation, never, BeadsCli> {
  const found = yield* Effect.either(read(id))
  if (Either.isLeft(found)) return { _tag: "Unknown", why: found.left.message }
  const confirmation = confirmationOf(id, found.right, actor)
  return confirmation._tag === "Free" ? yield* claimAgain(confirmation.issue, actor) : confirmation
})

/**
 * Whether the claim of a running job is certainly not the actor's any more, although the bug is not closed. Changes nothing.
 *
 * @example
 * Effect.when(settle, isClaimGone(id, actor))
 */
export const isClaimGone = (id: BeadsId, actor: Actor): Effect.Effect<boolean, never, BeadsCli> =>
  Effect.match(read(id), {
    onFailure: () => false,
    onSuccess: (issue) => issue !== undefined && issue.status !== "closed" && !isOurs(id, issue, actor)
  })
