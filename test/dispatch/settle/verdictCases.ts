import { verdict, type Evidence, type Verdict } from "../../../src/dispatch/settle/verdict.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import type { Attempt, AttemptPhase } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job, type JobPhase } from "../../../src/domain/Job.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { fakeAttempt, type FakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { settings } from "../support.ts"

export const MINUTE = 60_000
export const beads = BeadsId.make("bd-1")
export const opencode = ProviderName.make("opencode")
export const SETTINGS = settings()

/** Times of the attempt's begin, of its last step, and of an hour later, when no tool call of its run can go on. */
export const BEGAN = 1_000 * MINUTE
export const STEP = BEGAN + 1 * MINUTE
export const LATER = STEP + 60 * MINUTE

/** The phases that need a verdict. An attempt that is ending or settled has its end already. */
export type Phase = Exclude<AttemptPhase, "settled" | "ending" | "verifying">
export const PHASES = ["intended", "claimed", "workspace", "prompt", "starting", "acknowledged"] as const

export const attempt = (phase: Phase, changes: FakeAttempt = {}): Attempt =>
  fakeAttempt(phase, {
    ...(phase === "starting" || phase === "acknowledged" ? { provider: opencode, previousRun: "yesterday" } : {}),
    ...(phase === "acknowledged"
      ? { ack: Ack.make({ beads, provider: opencode, runInstance: "ours", how: "started" }) }
      : {}),
    createdAt: BEGAN,
    updatedAt: STEP,
    ...changes
  })

type JobFields = Partial<ConstructorParameters<typeof Job>[0]>
export const job = (phase: JobPhase, fields: JobFields = {}): Job =>
  new Job({ beads, provider: opencode, phase, ...fields })

export const verdictOn = (attempt: Attempt, job: Job | undefined, evidence: Partial<Evidence> = {}): Verdict =>
  verdict({ attempt, job, settings: SETTINGS, now: LATER, lastSign: attempt.updatedAt, ...evidence })

/** A verdict in words: its tag, and for an end how it ended and the blame. */
export const inWords = (verdict: Verdict): string =>
  verdict._tag === "Ended" || verdict._tag === "Stop" || verdict._tag === "Abandon"
    ? [verdict._tag, verdict.ending.end, verdict.ending.blame ?? "without blame"].join(" ")
    : verdict._tag

/** What the runner can tell of the job's origin. */
export const ORIGINS: Readonly<Record<string, JobFields>> = {
  "its own run instance": { runInstance: "ours", startedAt: STEP + 1_000 },
  "the previous run instance": { runInstance: "yesterday", startedAt: BEGAN - 1_000 * MINUTE },
  "another run instance, started later": { runInstance: "another", startedAt: STEP + 1_000 },
  "another run instance, started earlier": { runInstance: "another", startedAt: BEGAN - 1_000 * MINUTE },
  "no run instance, started later": { startedAt: STEP + 1_000 },
  "no run instance, started earlier": { startedAt: BEGAN - 1_000 * MINUTE },
  "another run instance, no start time": { runInstance: "another" },
  "no run instance, no start time": {}
}
