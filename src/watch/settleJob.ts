import { Clock, Duration, Effect, Either, Option } from "effect"
import { BeadsCli } from "../beads/BeadsCli.ts"
import { traceOf } from "../dispatch/attempt/trace.ts"
import { agesOf } from "../dispatch/settle/ages.ts"
import { checkVerdict } from "../dispatch/settle/checkVerdict.ts"
import { jobCertainlyOver } from "../domain/longestTimes.ts"
import type { SettleServices, Settlement } from "../dispatch/settle/settlement.ts"
import { settleOne } from "../dispatch/settle/settleOne.ts"
import { sweepPrompts } from "../dispatch/settle/sweepPrompts.ts"
import { verdict } from "../dispatch/settle/verdict.ts"
import { ACTOR_PREFIX } from "../domain/Actor.ts"
import { updatedOf, type Attempt, type Verifying } from "../domain/Attempt.ts"
import { ageOf, moment } from "../domain/BootClock.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { forOneJob } from "../journal/exclusively.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { Verifier } from "../runner/Verifier.ts"
import { LOOK_EVERY } from "./jobState.ts"

/**
 * What is known of the job of an attempt, or of the check of its work. `Works`: it runs; ask again at `lookAt` (by the boot clock).
 * `Over`: settle it. `Unclear`: it cannot be told yet. `ForRuns`: it cannot be told and its time is over, so a run gives it up.
 */
export type Look =
  | { readonly _tag: "Works"; readonly lookAt: number }
  | { readonly _tag: "Over" }
  | { readonly _tag: "Unclear"; readonly why: string }
  | { readonly _tag: "ForRuns" }

/** Asks the verifier for the check of an attempt's work. */
const lookAtCheck = Effect.fn("watch.lookAtCheck")(function* (
  attempt: Verifying
): Effect.fn.Return<Look, never, Verifier> {
  const [verifier, { verify }] = yield* Effect.all([Verifier, CurrentSettings])
  const check = yield* Effect.either(verifier.check(attempt.beads, traceOf(attempt)))
  if (Either.isLeft(check)) {
    return { _tag: "Unclear", why: `whether its check runs cannot be told: ${check.left.message}` }
  }
  const now = yield* moment
  const found = checkVerdict({ attempt, check: check.right, verify, age: ageOf(updatedOf(attempt), now) })
  switch (found._tag) {
    case "Running":
      return { _tag: "Works", lookAt: now.boot.millis + Math.min(Duration.toMillis(LOOK_EVERY), found.left + 1000) }
    case "Wait":
      return { _tag: "Unclear", why: found.why }
    case "Start":
    case "Stop":
    case "Ended":
      return { _tag: "Over" }
  }
})

/** Asks the runner for the job of an attempt. Changes nothing, takes no lock and does not ask the tracker. */
export const lookAt = Effect.fn("watch.look")(function* (
  attempt: Attempt
): Effect.fn.Return<Look, never, DxRunner | Verifier> {
  if (attempt.phase === "verifying") return yield* lookAtCheck(attempt)
  const [runner, settings] = yield* Effect.all([DxRunner, CurrentSettings])
  const job = yield* Effect.either(runner.job(attempt.beads, traceOf(attempt)))
  if (Either.isLeft(job)) return { _tag: "Unclear", why: `the runner cannot tell: ${job.left.message}` }
  const now = yield* moment
  const { at, boot } = now
  const found = verdict({ attempt, job: job.right, settings, now: at, boot, lastSign: attempt.updatedAt })
  switch (found._tag) {
    case "Running": {
      const left = Duration.toMillis(settings.limits.maxRuntime) - agesOf(attempt, found.job, now).ofJob + 1000
      return { _tag: "Works", lookAt: boot.millis + Math.min(Duration.toMillis(LOOK_EVERY), left) }
    }
    case "Wait":
      return found.unclaimed === undefined ? { _tag: "Unclear", why: found.why } : { _tag: "Over" }
    case "Abandon":
      return { _tag: "ForRuns" }
    case "Acknowledge":
    case "Stop":
    case "Ended":
      return { _tag: "Over" }
  }
})

/**
 * What settling under the run lock came to. `Busy`: a run has the lock, and settles it. `Gone`: another process has settled
 * it.
 */
export type Settled = Settlement | { readonly _tag: "Busy" | "Gone" }

/** What cannot be told is left to a run, which exits with 3 for it. */
const BOUNDS = { deadline: Number.POSITIVE_INFINITY, mayAbandon: false }

/** Settles one attempt under the run lock. `stopRenewing`: a heartbeat after the release would find its claim lost. */
export const settleJob = (
  options: RunOptions,
  attempt: Attempt,
  stopRenewing: Effect.Effect<void>
): Effect.Effect<Settled, JournalFailed, SettleServices | PromptStore> =>
  forOneJob(
    options.run,
    Effect.gen(function* (): Effect.fn.Return<Settled, JournalFailed, SettleServices | PromptStore> {
      const begin = yield* Clock.currentTimeMillis
      yield* stopRenewing
      // Not logged: settling says what the tracker fails with.
      const found = yield* Effect.option(Effect.flatMap(BeadsCli, (beads) => beads.claimsOf(ACTOR_PREFIX)))
      const open = { attempt, lastSign: attempt.updatedAt }
      const claims = Option.getOrElse(found, () => [])
      const settlement = yield* settleOne(options, open, claims, BOUNDS)
      if (settlement?._tag === "Ended") yield* sweepPrompts([settlement], { begin, knowsClaims: Option.isSome(found) })
      return settlement ?? { _tag: "Gone" }
    })
  ).pipe(Effect.map(Option.getOrElse((): Settled => ({ _tag: "Busy" }))), Effect.withSpan("watch.settleJob"))

/** How much longer than a job may run the watcher tries to settle an attempt. */
const PATIENCE = Duration.hours(1)

/** Whether the attempt is so old that settling it is left to runs. */
export const isForRuns = Effect.fnUntraced(function* (attempt: Attempt) {
  const over = Duration.sum(jobCertainlyOver(yield* CurrentSettings), PATIENCE)
  return ageOf(updatedOf(attempt), yield* moment) > Duration.toMillis(over)
})
