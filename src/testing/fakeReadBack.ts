import { Effect, Ref, type Duration } from "effect"
import type { Beads } from "../beads/BeadsCli.ts"
import { claimStateOf, isOurs, notOurs } from "../beads/claimState.ts"
import type { Actor } from "../domain/Actor.ts"
import { Claim } from "../domain/Claim.ts"
import { ClaimFailed, TrackerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Store } from "./fakeIssues.ts"
import { noAnswer, type TimeLimits } from "./timeLimits.ts"

/** The claim that a call without an answer has made; else why there is none. */
const claimFound = (found: Issue | undefined, id: BeadsId, actor: Actor, detail: string) => {
  const state = claimStateOf(id, found, actor)
  if (state._tag === "Ours") return Effect.succeed(new Claim({ id, actor, leaseExpiresAt: state.leaseExpiresAt }))
  const unknown = new ClaimFailed({ beads: id, reason: "unknown", detail })
  return Effect.fail(state._tag === "Unavailable" ? state.failure : unknown)
}

/**
 * The limits of the fake tracker: each method has the time of one call of a real one. A method that changes an issue reads it
 * again when its time is over, because the change may have been made.
 */
export const trackerLimits = (store: Ref.Ref<Store>): TimeLimits<Beads> => {
  const time = ({ beads }: { readonly beads: Duration.DurationInput }) => beads
  const fails = (operation: string, limit: Duration.Duration) =>
    Effect.fail(new TrackerFailed({ operation, reason: "timeout", detail: noAnswer(limit), blame: "tracker" }))
  const read = (id: BeadsId) => Effect.map(Ref.get(store), (all) => all.get(id))
  /** Succeeds if the issue shows the change. */
  const unlessDone = (isDone: (issue: Issue) => boolean, operation: string, id: BeadsId, limit: Duration.Duration) =>
    Effect.flatMap(read(id), (issue) =>
      issue !== undefined && isDone(issue) ? Effect.void : fails(`${operation} ${id}`, limit)
    )

  return {
    version: { time, late: (limit) => fails("version", limit) },
    openBugs: { time, late: (limit) => fails("list", limit) },
    show: { time, late: (limit, [id]) => fails(`show ${id}`, limit) },
    claim: {
      time,
      late: (limit, [id, actor]) => Effect.flatMap(read(id), (issue) => claimFound(issue, id, actor, noAnswer(limit)))
    },
    release: {
      time,
      late: (limit, [id, actor]) =>
        Effect.flatMap(read(id), (issue) => {
          if (isOurs(id, issue, actor)) return fails(`release ${id}`, limit)
          return Effect.succeed(issue?.assignee === undefined ? { _tag: "Released" as const } : notOurs(issue))
        })
    },
    leases: { time, late: (limit) => fails("leases", limit) },
    heartbeat: {
      time,
      late: (limit, [id, actor]) =>
        Effect.flatMap(read(id), (issue) =>
          isOurs(id, issue, actor) ? fails(`heartbeat ${id}`, limit) : Effect.succeed(notOurs(issue))
        )
    },
    claimsOf: { time, late: (limit) => fails("list of claims", limit) },
    label: {
      time,
      late: (limit, [id, , label]) => unlessDone(({ labels }) => labels.includes(label), "label", id, limit)
    },
    unlabel: {
      time,
      late: (limit, [id, , label]) => unlessDone(({ labels }) => !labels.includes(label), "unlabel", id, limit)
    },
    close: { time, late: (limit, [id]) => unlessDone(({ status }) => status === "closed", "close", id, limit) },
    comment: { time, late: (limit, [id]) => fails(`comment ${id}`, limit) }
  }
}
