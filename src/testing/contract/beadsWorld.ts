import { Effect, Either, type Layer } from "effect"
import type { Beads, BeadsCli } from "../../beads/BeadsCli.ts"
import { Actor } from "../../domain/Actor.ts"
import { ClaimFailed } from "../../domain/Failure.ts"
import { Priority, type IntakeFilter } from "../../domain/Issue.ts"
import { assert } from "./assert.ts"

/** An issue that the tracker has before the test. */
export interface SeedIssue {
  readonly id: string
  readonly title: string
  readonly description?: string
  readonly acceptanceCriteria?: string
  readonly design?: string
  readonly notes?: string
  /** Default `open`. */
  readonly status?: string
  readonly priority: number
  /** Default `bug`. */
  readonly type?: string
  readonly assignee?: string
  readonly labels?: ReadonlyArray<string>
  /** ISO 8601. */
  readonly createdAt?: string
  /** ISO 8601. */
  readonly closedAt?: string
  /** Ids of the issues that block it. */
  readonly blockedBy?: ReadonlyArray<string>
}

/** The layer under test on a tracker with the seed, and direct access to that tracker. */
export interface BeadsWorld {
  readonly layer: Layer.Layer<BeadsCli>
  /** The id that the tracker itself gave an issue of the seed. Absent: it has the ids of the seed. */
  readonly idOf?: (id: string) => string
  /** By the ids of the seed. */
  readonly elsewhere: {
    /** A colleague takes the issue: sets its status to in progress and its assignee to `who`. Its status before does not matter. */
    readonly claim: (id: string, who: string) => Effect.Effect<void>
    /** Closes the issue as a colleague would; the assignee stays. */
    readonly close: (id: string) => Effect.Effect<void>
    readonly read: (id: string) => Effect.Effect<{ readonly status: string; readonly assignee?: string | undefined }>
    /** The texts of the issue's comments. If absent, the suite does not check them. */
    readonly comments?: (id: string) => Effect.Effect<ReadonlyArray<string>>
  }
}
/** Adds a test on a tracker that has these issues. */
export type BeadsCheck = <A, E>(
  name: string,
  seed: ReadonlyArray<SeedIssue>,
  body: (beads: Beads, elsewhere: BeadsWorld["elsewhere"]) => Effect.Effect<A, E>
) => void

export const bugs = (maxPriority: number, types: ReadonlyArray<string> = ["bug"]): IntakeFilter => ({
  types,
  maxPriority: Priority.make(maxPriority)
})
export const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
export const theirs = Actor.make("nightly-dispatch/vm-2/20261122T030000Z-0b0b0b/1")

export const open: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }
export const closed: SeedIssue = {
  id: "bd-done",
  title: "done",
  priority: 1,
  status: "closed",
  closedAt: "2026-01-03T00:00:00Z"
}
/** Issues that bd finds by a part of their id. */
export const related: ReadonlyArray<SeedIssue> = [
  { id: "bd-a1b2.1", title: "a child", priority: 1 },
  { id: "bd-xa1b2", title: "a longer one", priority: 1 }
]

/** The failure of a claim, which must not succeed. */
export const refused = <A, E>(claim: Effect.Effect<A, E>): Effect.Effect<ClaimFailed> =>
  Effect.map(Effect.either(claim), (result) => {
    assert(Either.isLeft(result), `the claim must not succeed: ${JSON.stringify(result)}`)
    assert(result.left instanceof ClaimFailed, `expected ClaimFailed, got ${JSON.stringify(result.left)}`)
    return result.left
  })
