import { Effect, TestClock, type Layer } from "effect"
import type { Ending } from "../../domain/Attempt.ts"
import type { AttemptStep } from "../../domain/attemptSteps.ts"
import type { JournalFailed, ProviderAttempt } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Dispatched, Failed, Skipped, type SkipReason } from "../../domain/Outcome.ts"
import { ProviderName } from "../../domain/Provider.ts"
import type { ReviewDecision } from "../../domain/ReviewDecision.ts"
import type { ProviderCheck, RunReport } from "../../domain/RunReport.ts"
import type { OtherTracker } from "../../journal/identity.ts"
import { Journal } from "../../journal/Journal.ts"
import type { AttemptFacts, JournalQueries } from "../../journal/JournalQueries.ts"
import { bug, intentOf, opencode, STEPS, type Tag } from "./attempts.ts"
import { reportOf, runAt } from "./journalWorld.ts"
import type { TimedCheck } from "./timed.ts"

/** An empty journal and the queries on it: the layer under test. */
export interface QueriesWorld {
  readonly layer: Layer.Layer<Journal | JournalQueries, JournalFailed | OtherTracker>
}

export type QueriesCheck = TimedCheck<Journal | JournalQueries>

export const claude = ProviderName.make("claude")

/** The n-th run: begins at n seconds, ends a half second later. */
export const night = Effect.fn("night")(function* (n: number, report: Partial<RunReport> = {}) {
  const journal = yield* Journal
  yield* journal.begin({ run: runAt(n), host: "vm-1", at: n * 1_000 })
  yield* TestClock.setTime(n * 1_000 + 500)
  yield* journal.end(reportOf(runAt(n), report))
})

export const skipped = (beads: string, reason: SkipReason, detail = `why ${reason}`) =>
  new Skipped({ beads, reason, detail })

export const passedOver: ReadonlyArray<ProviderAttempt> = [
  { provider: opencode, code: "preflight_failed", reason: "no quota", capacity: false, durationMs: 1 }
]

export const dispatched = (beads: BeadsId, provider = opencode, passed: ReadonlyArray<ProviderAttempt> = []) =>
  new Dispatched({ beads, provider, durationMs: 5, how: "started", passedOver: passed })

export const failed = (beads: BeadsId) =>
  new Failed({ beads, code: "claim_failed", blame: "tracker", error: "locked", durationMs: 5, passedOver })

export const providerCheck = (provider: ProviderName, detail = ""): ProviderCheck => ({
  provider,
  available: detail === "",
  detail,
  lines: [],
  durationMs: 1
})

export const succeeded = {
  end: "succeeded",
  usage: { inputTokens: 1000, outputTokens: 10, cacheTokens: 600, costUsd: 0.5 },
  detail: "the job ended well",
  commits: 2,
  verified: "yes",
  durationMs: 60
} satisfies Ending

/** The n-th attempt: begins at n seconds, and takes each step a second later. */
export const attempt = Effect.fn("attempt")(function* (n: number, way: ReadonlyArray<Tag | AttemptStep>, beads = bug) {
  const journal = yield* Journal
  yield* TestClock.setTime(n * 1_000)
  const { actor } = yield* journal.intend(intentOf(n, beads))
  for (const step of way) {
    yield* TestClock.adjust("1 second")
    yield* journal.advance(actor, typeof step === "string" ? STEPS[step] : step)
  }
  return actor
})

export const JOB = ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Launching", "Acknowledged"] as const
export const settledAs = (ending: Ending): AttemptStep => ({ _tag: "Settled", ...ending, review: "label" })

export const numbers = (facts: ReadonlyArray<AttemptFacts>) => facts.map(({ number }) => number)
export const ALWAYS = { since: 0 }

export const decision = (n: number, at: number, what: ReviewDecision["decision"] = "accepted"): ReviewDecision => ({
  actor: intentOf(n).actor,
  beads: bug,
  decision: what,
  at
})
