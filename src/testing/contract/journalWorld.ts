import { Effect, type Layer } from "effect"
import type { AttemptPhase, Intent } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { RunId } from "../../domain/Ids.ts"
import { Skipped, type Outcome } from "../../domain/Outcome.ts"
import { RunReport } from "../../domain/RunReport.ts"
import type { OtherTracker } from "../../journal/identity.ts"
import { Journal, Notice } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, opencode, STEPS, type Tag } from "./attempts.ts"
import type { TimedCheck } from "./timed.ts"

/** An empty journal: the layer under test. */
export interface JournalWorld {
  readonly layer: Layer.Layer<Journal, JournalFailed | OtherTracker>
}

export type JournalCheck = TimedCheck<Journal>

/** For each phase: the steps that lead to it, and the steps that it allows. */
export const WAYS: Readonly<Record<AttemptPhase, readonly [way: ReadonlyArray<Tag>, next: ReadonlyArray<Tag>]>> = {
  intended: [[], ["Claimed", "Acknowledged", "Verifying", "Ending", "Settled"]],
  claimed: [["Claimed"], ["WorkspaceMade", "Acknowledged", "Verifying", "Ending", "Settled"]],
  workspace: [
    ["Claimed", "WorkspaceMade"],
    ["Prompted", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  prompt: [
    ["Claimed", "WorkspaceMade", "Prompted"],
    ["Starting", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  starting: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting"],
    ["Starting", "Launching", "Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  acknowledged: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Launching", "Acknowledged"],
    ["Acknowledged", "Verifying", "Ending", "Settled"]
  ],
  verifying: [
    ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged", "Verifying", "Checking"],
    ["PassedCheck", "Checking", "Ending", "Settled"]
  ],
  ending: [["Claimed", "Ending"], ["Settled"]],
  settled: [["Claimed", "Settled"], ["PushTried"]]
}

export const skip = (beads: string, detail: string) => new Skipped({ beads, reason: "malformed", detail })

/** The report of a run that did nothing, with these changes. */
export const reportOf = (run: RunId, { outcomes = [], ...changes }: Partial<RunReport> = {}) =>
  new RunReport({
    run,
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun: false,
    backends: { beads: "b", runner: "r", workspace: "w" },
    fetched: 0,
    chosen: 0,
    dispatched: 0,
    failed: 0,
    skipped: outcomes.filter(({ _tag }) => _tag === "Skipped").length,
    settled: 0,
    exit: 0,
    durationMs: 17,
    providers: [],
    ...changes,
    outcomes
  })

/** The report of a run that says this of its provider and, unless `outcomes` are given, of a bug that it skipped. */
export const report = (
  run: RunId,
  detail = "no reason",
  outcomes: ReadonlyArray<Outcome> = [skip("#2 (no id)", detail)]
) =>
  reportOf(run, {
    fetched: 2,
    chosen: 1,
    providers: [{ provider: opencode, available: true, detail, lines: [detail], durationMs: 1 }],
    outcomes
  })

/** The n-th of several runs. */
export const runAt = (n: number): RunId => RunId.make(`20261122T04000${n}Z-4f2a91c7d0`)

/** A notice about `bug`. */
export const alert = (key: string, text = "look at it"): Notice =>
  new Notice({ key, kind: "work_kept", beads: bug, text })

/** An intended attempt that has taken these steps. */
export const walked = Effect.fn("walked")(function* (intent: Intent, way: ReadonlyArray<Tag>) {
  const journal = yield* Journal
  yield* journal.intend(intent)
  for (const tag of way) yield* journal.advance(intent.actor, STEPS[tag])
})

/** The call fails because it is not allowed, and says what about. */
export const refused = Effect.fn("refused")(function* <A>(call: Effect.Effect<A, JournalFailed>, about: string) {
  const error = yield* Effect.flip(call)
  assert.strictEqual(error.reason, "illegal", error.message)
  assert.include(error.message, about)
  assert.notMatch(error.message, /^journal :/, "it says which journal")
})
