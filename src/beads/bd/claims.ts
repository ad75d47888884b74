import { Duration, Effect, Either } from "effect"
import { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim, type Heartbeat, type Released } from "../../domain/Claim.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import type { BdCall } from "./call.ts"
import { releaseArguments } from "./capabilities.ts"
import { refusal } from "./failure.ts"
import type { BdMemory } from "./memory.ts"
import { complaint, conflictOf, saysUnknownUsage } from "./output.ts"
import type { BdReads } from "./reads.ts"
import { notOurs, standingOf, type Standing } from "../standing.ts"

/** What became of a call that was to change something: its result, or a call that was killed half-way. */
type Change = Either.Either<ExecResult, TrackerFailed>

/** The writing half of the tracker, on bd. */
export interface BdClaims {
  readonly claim: (id: BeadsId, actor: Actor, seen?: Issue) => Effect.Effect<Claim, ClaimFailed | TrackerFailed>
  readonly release: (id: BeadsId, actor: Actor) => Effect.Effect<Released, TrackerFailed>
  readonly heartbeat: (id: BeadsId, actor: Actor) => Effect.Effect<Heartbeat, TrackerFailed>
}

/** Reads after a change whose effect does not show: the first at once, then twice as late each time. */
const READS = 4

/** bd's exit code where a guard (`--if-assignee`) did not match. */
const GUARD_MISMATCH = 13

const wasKilled = (error: TrackerFailed): boolean => error.reason === "timeout" || error.reason === "too_much_output"

/** Why an issue that is free after a claim is not ours. Words only choose the reason; the reads have decided. */
const refusalOf = (beads: BeadsId, change: Change): ClaimFailed => {
  if (Either.isLeft(change)) return new ClaimFailed({ beads, reason: "unknown", detail: change.left.message })
  const conflict = conflictOf(change.right)
  switch (conflict?._tag) {
    case "Held":
      return new ClaimFailed({ beads, reason: "held", holder: conflict.holder, detail: complaint(change.right) })
    case "NotClaimable":
      return new ClaimFailed({ beads, reason: "not_open", detail: complaint(change.right) })
    case undefined: {
      const detail =
        change.right.exitCode === 0
          ? "bd said that it was claimed, and it is not"
          : `${complaint(change.right)} (exit ${change.right.exitCode})`
      return new ClaimFailed({ beads, reason: "refused", detail })
    }
  }
}

/** Claims and releases decided by reading back, whatever bd's exit code and words were. */
export const makeBdClaims = (
  bd: BdCall,
  reads: BdReads,
  { capabilities, forget }: BdMemory,
  settleDelay: Duration.Duration
): BdClaims => {
  /** Killed is not failed: bd may have made the change. Only a call that never ran is an error here. */
  const change = (operation: string, args: ReadonlyArray<string>): Effect.Effect<Change, TrackerFailed> =>
    Effect.map(bd.run(operation, args), (result): Change => Either.right(result)).pipe(
      Effect.catchIf(wasKilled, (error) => Effect.succeed(Either.left(error)))
    )

  /** Reads until `isSettled`, at most `READS` times with growing pauses; gives the last read, or its failure. */
  const readUntil = (id: BeadsId, isSettled: (issue: Issue | undefined) => boolean) =>
    Effect.gen(function* () {
      let last = yield* Effect.either(reads.show(id))
      for (let again = 0; again < READS - 1; again++) {
        if (Either.isRight(last) && isSettled(last.right)) break
        yield* Effect.sleep(Duration.times(settleDelay, 2 ** again))
        last = yield* Effect.either(reads.show(id))
      }
      return last
    })

  /** Puts back an issue that was closed before our claim took it. */
  const closeAgain = (id: BeadsId, actor: Actor) =>
    change(`close ${id}`, ["--actor", actor, "close", id, "--reason", "closed before it was claimed", "--json"]).pipe(
      Effect.zipRight(reads.show(id)),
      Effect.map((issue) => standingOf(id, issue, actor)._tag !== "Resurrected")
    )

  const readBack = (id: BeadsId, actor: Actor, changed: Change): Effect.Effect<Standing> => {
    const clearlyNo = Either.isRight(changed) && conflictOf(changed.right) !== undefined
    const settled = (issue: Issue | undefined) => clearlyNo || standingOf(id, issue, actor)._tag !== "Free"
    return Effect.map(
      readUntil(id, settled),
      Either.match({
        onLeft: (error): Standing => ({
          _tag: "Lost",
          failure: new ClaimFailed({ beads: id, reason: "unknown", detail: `it cannot be read back: ${error.message}` })
        }),
        onRight: (issue): Standing => {
          const standing = standingOf(id, issue, actor)
          return standing._tag === "Free" ? { _tag: "Lost", failure: refusalOf(id, changed) } : standing
        }
      })
    )
  }

  const claim = Effect.fn("BeadsCli.claim")(function* (id: BeadsId, actor: Actor, seen?: Issue) {
    const before = standingOf(id, seen ?? (yield* reads.show(id)), actor)
    if (before._tag === "Lost") return yield* before.failure
    const { claimsAtomically: atomic } = yield* capabilities
    if (before._tag === "Free") {
      const changed = yield* change(`claim ${id}`, ["--actor", actor, "update", id, "--claim", "--json"])
      let after = yield* readBack(id, actor, changed)
      if (after._tag === "Ours" && !atomic) {
        // Another's write may still be on its way over ours.
        yield* Effect.sleep(settleDelay)
        after = yield* readBack(id, actor, changed)
      }
      if (after._tag === "Lost") return yield* after.failure
      if (after._tag === "Ours") return new Claim({ id, actor, leaseExpiresAt: after.leaseExpiresAt })
    } else if (before._tag === "Ours") return new Claim({ id, actor, leaseExpiresAt: before.leaseExpiresAt })
    const closed = yield* Effect.orElseSucceed(closeAgain(id, actor), () => false)
    return yield* new ClaimFailed({
      beads: id,
      ...(closed
        ? { reason: "not_open", detail: "it is closed" }
        : { reason: "unknown", detail: "it was closed meanwhile, the claim took it, and it could not be closed again" })
    })
  })

  /** The call that gives it back; when bd does not know that call, it is another bd than the one that was asked. */
  const giveBack = (operation: string, id: BeadsId, actor: Actor) =>
    Effect.gen(function* () {
      const call = Effect.flatMap(capabilities, ({ releaseForm }) =>
        change(operation, releaseArguments(releaseForm, id, actor))
      )
      const first = yield* call
      return Either.isRight(first) && saysUnknownUsage(first.right) ? yield* Effect.zipRight(forget, call) : first
    })

  const release = Effect.fn("BeadsCli.release")(function* (id: BeadsId, actor: Actor) {
    const operation = `release ${id}`
    const issue = yield* reads.show(id)
    const before = standingOf(id, issue, actor)._tag
    if (before === "Resurrected" && (yield* closeAgain(id, actor))) return { _tag: "Released" } as const
    if (before !== "Ours") return notOurs(issue)
    const changed = yield* giveBack(operation, id, actor)
    const after = yield* Effect.flatten(readUntil(id, (now) => standingOf(id, now, actor)._tag !== "Ours"))
    const standing = standingOf(id, after, actor)._tag
    if (standing === "Ours" || standing === "Resurrected") {
      const said = Either.isLeft(changed) ? changed.left.detail : complaint(changed.right)
      return yield* new TrackerFailed({ operation, reason: "refused", detail: `still held: ${said}`, blame: "tracker" })
    }
    // A guard that did not match says so with 13, and `unclaim` with 1.
    const refused = Either.isRight(changed) && changed.right.exitCode !== 0 && after?.assignee !== undefined
    const guarded = Either.isRight(changed) && changed.right.exitCode === GUARD_MISMATCH
    return refused || guarded || after?.status === "closed" ? notOurs(after) : ({ _tag: "Released" } as const)
  })

  const heartbeat = Effect.fn("BeadsCli.heartbeat")(function* (id: BeadsId, actor: Actor) {
    const { leases } = yield* capabilities
    const changed =
      leases === "renewable"
        ? yield* change(`heartbeat ${id}`, ["--actor", actor, "heartbeat", id, "--json"])
        : undefined
    const issue = yield* reads.show(id)
    if (standingOf(id, issue, actor)._tag !== "Ours") return notOurs(issue)
    if (changed !== undefined && (Either.isLeft(changed) || changed.right.exitCode !== 0)) {
      return yield* Either.isLeft(changed) ? changed.left : refusal(`heartbeat ${id}`, changed.right)
    }
    return { _tag: "Alive", leaseExpiresAt: issue?.leaseExpiresAt } as const
  })

  return { claim, release, heartbeat }
}
