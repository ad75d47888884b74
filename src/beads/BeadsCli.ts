import { Context, type Effect } from "effect"
import type { ClaimFailed, TrackerFailed } from "../domain/Failure.ts"
import type { Actor } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Claim, Heartbeat, Leases, Released } from "../domain/Claim.ts"
import type { Intake, IntakeFilter, Issue } from "../domain/Issue.ts"

/**
 * The tracker. Its layers: `BdBeads.layer` on the `bd` command, `JsonlBeads.layer` on `.beads/issues.jsonl`, and
 * `FakeBeads.layer` of the test kit. All pass the same contract suite.
 *
 * @example
 * Effect.flatMap(BeadsCli, (beads) => beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) }))
 */
export class BeadsCli extends Context.Tag("nightly-dispatch/BeadsCli")<
  BeadsCli,
  {
    /** Names the tracker for a person: `bd 1.0.3 (/usr/local/bin/bd)`. */
    readonly version: Effect.Effect<string, TrackerFailed>
    /**
     * All open issues of these types and priorities, each once, with the ids that block it. Blocked and assigned issues
     * are included. `malformed` lists records that cannot be read as an issue. Fails when the tracker fails; an empty
     * list always means that there is no such issue.
     */
    readonly openBugs: (filter: IntakeFilter) => Effect.Effect<Intake, TrackerFailed>
    /**
     * Reads the issue with exactly this id; `undefined` if there is none. Without `"comments"`, a tracker may leave out its
     * comments: they may be many.
     */
    readonly show: (id: BeadsId, include?: "comments") => Effect.Effect<Issue | undefined, TrackerFailed>
    /**
     * Claims the issue, then reads it again. Succeeds only if that read shows the issue in progress, assigned to `actor`
     * and not closed. Fails with `ClaimFailed`: `held` when another actor has the claim, `unknown` when the read failed
     * and the actor may have the claim.
     *
     * Some trackers allow to claim a closed issue, so a layer reads the issue before the claim, unless `seen` is a fresh
     * result of `show`.
     */
    readonly claim: (id: BeadsId, actor: Actor, seen?: Issue) => Effect.Effect<Claim, ClaimFailed | TrackerFailed>
    /** Releases the claim if `actor` still holds it, then reads the issue again. Leaves a claim of another actor alone. */
    readonly release: (id: BeadsId, actor: Actor) => Effect.Effect<Released, TrackerFailed>
    /** Whether claims of this tracker are leases, and whether a heartbeat renews them. */
    readonly leases: Effect.Effect<Leases, TrackerFailed>
    /** Renews the lease of `actor`'s claim, if claims are leases here. Reads the issue again, so it also finds a lost claim. */
    readonly heartbeat: (id: BeadsId, actor: Actor) => Effect.Effect<Heartbeat, TrackerFailed>
    /** All issues in progress whose assignee starts with `actorPrefix`. */
    readonly claimsOf: (actorPrefix: string) => Effect.Effect<ReadonlyArray<Issue>, TrackerFailed>
    /** Adds a label unless the issue has it, then reads the issue again. */
    readonly label: (id: BeadsId, actor: Actor, label: string) => Effect.Effect<void, TrackerFailed>
    /** Removes a label if the issue has it, then reads the issue again. */
    readonly unlabel: (id: BeadsId, actor: Actor, label: string) => Effect.Effect<void, TrackerFailed>
    /**
     * Closes the issue unless it is closed, then reads it again. Also an issue that is assigned to somebody else: only a person
     * decides to close one.
     */
    readonly close: (id: BeadsId, actor: Actor, reason: string) => Effect.Effect<void, TrackerFailed>
    /** Adds a comment, signed by `actor`. */
    readonly comment: (id: BeadsId, actor: Actor, text: string) => Effect.Effect<void, TrackerFailed>
  }
>() {}

/** The service's shape. */
export type Beads = BeadsCli["Type"]
