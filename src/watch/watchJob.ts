import { Effect, Ref } from "effect"
import type { LeaseKeeper } from "../dispatch/claims/leases.ts"
import type { Finished } from "../dispatch/settle/finish.ts"
import { isClaimGone } from "../dispatch/claims/claimCheck.ts"
import { logEnds } from "../dispatch/settle/reportEnds.ts"
import type { SettleServices } from "../dispatch/settle/settlement.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt } from "../domain/Attempt.ts"
import { bootMillis } from "../domain/BootClock.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { Notices } from "../domain/notices.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import { dueFor, newState, tried, type JobState } from "./jobState.ts"
import { isForRuns, lookAt, settleJob } from "./settleJob.ts"

/** What a watcher knows and has done. */
export interface Watching {
  readonly options: RunOptions
  readonly states: Ref.Ref<ReadonlyMap<Actor, JobState>>
  readonly settled: Ref.Ref<ReadonlyArray<Finished>>
  /** The attempts of the last step. On another host one may have been settled since. */
  readonly known: Ref.Ref<ReadonlyArray<Attempt>>
  /** How many attempts were open at the last step. */
  readonly count: Ref.Ref<number>
  readonly notices: Notices
}

export const stateOf = Effect.fnUntraced(function* ({ states }: Watching, { actor }: Attempt) {
  return (yield* Ref.get(states)).get(actor) ?? newState(yield* bootMillis)
})

const remember = ({ states }: Watching, { actor }: Attempt, state: JobState) =>
  Ref.update(states, (all) => new Map(all).set(actor, state))

/** Marks the claim of this actor as lost: its attempt is settled in the next step. */
export const markLost = ({ states }: Watching, actor: Actor) =>
  Effect.flatMap(bootMillis, (now) =>
    Ref.update(states, (all) => new Map(all).set(actor, { ...(all.get(actor) ?? newState(now)), isLost: true }))
  )

/** The next run decides what becomes of the attempt. The watcher does not live for it any more. */
const leave = Effect.fn("watch.leave")(function* (watching: Watching, attempt: Attempt, why: string) {
  const state = yield* stateOf(watching, attempt)
  yield* Effect.logWarning(`${attempt.beads}: left to the next run: ${why}`)
  yield* remember(watching, attempt, { ...state, isLeft: true })
})

const CANNOT_TELL = "whether its job runs cannot be told, and its time is over"

/** Settling did not bring the attempt to its end. An attempt that is too old is left to runs from now on. */
const stillOpen = Effect.fn("watch.stillOpen")(function* (watching: Watching, attempt: Attempt, why: string) {
  if (yield* isForRuns(attempt)) return yield* leave(watching, attempt, `it could not be settled in time: ${why}`)
  const state = tried(yield* stateOf(watching, attempt), yield* bootMillis)
  yield* watching.notices.warn(attempt.actor, `${attempt.beads}: not settled yet, will try again: ${why}`)
  yield* remember(watching, attempt, state)
})

const settle = Effect.fn("watch.settle")(function* (
  watching: Watching,
  attempt: Attempt,
  leases: LeaseKeeper
): Effect.fn.Return<void, JournalFailed, SettleServices | PromptStore> {
  const result = yield* settleJob(watching.options, attempt, leases.drop(attempt.beads))
  switch (result._tag) {
    case "Busy":
      return yield* Effect.logDebug(`${attempt.beads}: a run is at work, which settles it`)
    case "Gone":
      return
    case "Open":
      return yield* result.isForRuns === true
        ? leave(watching, attempt, CANNOT_TELL)
        : stillOpen(watching, attempt, result.why)
    case "Running": {
      const isNew = result.attempt.phase === "verifying" && attempt.phase !== "verifying"
      const state = yield* stateOf(watching, attempt)
      // Most checks are short, so a new one is looked at in the next step.
      if (isNew) return yield* remember(watching, attempt, newState(yield* bootMillis))
      return yield* remember(watching, attempt, tried(state, yield* bootMillis))
    }
    case "Ended":
      yield* logEnds([result.attempt])
      return yield* Ref.update(watching.settled, (all) => [...all, result])
  }
})

const look = Effect.fn("watch.lookAtJob")(function* (
  watching: Watching,
  attempt: Attempt,
  isIdle: boolean,
  leases: LeaseKeeper
): Effect.fn.Return<void, JournalFailed, SettleServices | PromptStore> {
  const found = yield* lookAt(attempt)
  switch (found._tag) {
    case "Over":
      return yield* settle(watching, attempt, leases)
    case "Unclear":
      return yield* stillOpen(watching, attempt, found.why)
    case "ForRuns":
      return yield* leave(watching, attempt, CANNOT_TELL)
    case "Works": {
      const before = yield* stateOf(watching, attempt)
      const state = isIdle ? tried(before, yield* bootMillis) : before
      yield* watching.notices.clear(attempt.actor, `${attempt.beads}: the runner can tell again: its job runs`)
      // A server of an older bd may take back a claim minutes after it was made, and where no lease is renewed no heartbeat tells.
      const isLost = yield* isClaimGone(attempt.beads, attempt.actor)
      return yield* remember(watching, attempt, { ...state, lookAt: found.lookAt, isLost })
    }
  }
})

/** One step for one attempt. `isIdle`: none of its job's processes works. */
export const watchJob = Effect.fn("watch.job")(function* (
  watching: Watching,
  attempt: Attempt,
  isIdle: boolean,
  leases: LeaseKeeper
): Effect.fn.Return<void, JournalFailed, SettleServices | PromptStore> {
  const state = yield* stateOf(watching, attempt)
  yield* remember(watching, attempt, { ...state, wasIdle: isIdle })
  const due = dueFor(attempt, state, isIdle, yield* bootMillis)
  if (due === "settle") yield* settle(watching, attempt, leases)
  if (due === "look") yield* look(watching, attempt, isIdle, leases)
})
