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
    /** What stands behind this, in words: `bd 1.0.3 (/usr/local/bin/bd)`. */
    readonly version: Effect.Effect<string, TrackerFailed>
    /**
     * Every open issue of these types and priorities, blocked and assigned ones included, each with what blocks it.
     * Each issue once. A record that is not an issue is reported beside the others. A tracker that fails is an error,
     * never an empty list.
     */
    readonly openBugs: (filter: IntakeFilter) => Effect.Effect<Intake, TrackerFailed>
    /** The issue with exactly this id, as it is now; nothing when there is none. */
    readonly show: (id: BeadsId) => Effect.Effect<Issue | undefined, TrackerFailed>
    /**
     * Claims the issue and reads it back. Succeeds only when the read shows it in progress, assigned to `actor` and
     * not closed. `ClaimFailed` tells a lost claim (`held`) from one nobody can tell about (`unknown`).
     *
     * A tracker may take a closed issue when asked, so a layer looks at it first; `seen` is what a `show` right before
     * has found, and saves that look.
     */
    readonly claim: (id: BeadsId, actor: Actor, seen?: Issue) => Effect.Effect<Claim, ClaimFailed | TrackerFailed>
    /** Gives the claim back if `actor` still holds it, and reads that back. Never touches anybody else's. */
    readonly release: (id: BeadsId, actor: Actor) => Effect.Effect<Released, TrackerFailed>
    /** Whether claims expire here, and whether heartbeats can prevent it. */
    readonly leases: Effect.Effect<Leases, TrackerFailed>
    /**
     * Says that whoever holds this claim is alive, which renews its lease where it is one. The issue is read back: what
     * it answers is how the claim stands now, so it also tells a lost claim.
     */
    readonly heartbeat: (id: BeadsId, actor: Actor) => Effect.Effect<Heartbeat, TrackerFailed>
    /** Every issue in progress whose assignee starts with this. */
    readonly claimsOf: (actorPrefix: string) => Effect.Effect<ReadonlyArray<Issue>, TrackerFailed>
    /** Adds a label, if the issue has it not yet, and reads that back. */
    readonly label: (id: BeadsId, actor: Actor, label: string) => Effect.Effect<void, TrackerFailed>
    readonly comment: (id: BeadsId, actor: Actor, text: string) => Effect.Effect<void, TrackerFailed>
  }
>() {}
