import { Effect, Either } from "effect"
import { updatedOf, workspaceOf, type Attempt, type Ending, type Verifying } from "../../domain/Attempt.ts"
import { ageOf, moment } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { Journal } from "../../journal/Journal.ts"
import { Verifier } from "../../runner/Verifier.ts"
import { traceOf } from "../attempt/trace.ts"
import { confirmClaim } from "../claims/claimCheck.ts"
import { checkVerdict } from "./checkVerdict.ts"
import { finished, stillOpen, type Claims, type Settlement, type SettleServices } from "./settlement.ts"
import { concluded, startCheck, startOnBase } from "./startCheck.ts"
import { stopJob } from "./stopJob.ts"

type Step = Effect.fn.Return<Settlement, JournalFailed, SettleServices>

/**
 * The end of an attempt whose job ended as `ending`: work of a job that ended well is checked first, if `verify.command` is set.
 *
 * @example
 * Effect.flatMap(clearWorkspace(attempt, { ending }), (final) => checkedAndFinished(attempt, final, claims))
 */
export const checkedAndFinished = Effect.fn("settle.checkedAndFinished")(function* (
  attempt: Attempt,
  ending: Ending,
  claims: Claims
): Step {
  const [journal, { verify }] = yield* Effect.all([Journal, CurrentSettings])
  const canBeChecked = ending.end === "succeeded" && ending.verified !== "none" && workspaceOf(attempt) !== undefined
  if (!canBeChecked || verify.command === undefined) return yield* finished(attempt, ending, claims)
  const verifying = yield* journal.advance(attempt.actor, { _tag: "Verifying", found: ending })
  return verifying.phase === "verifying"
    ? yield* startCheck(verifying, claims)
    : stillOpen(verifying, "its check was not begun")
})

/** A running check keeps the attempt's claim: a free one is taken again. What another actor claimed meanwhile is left alone. */
const running = Effect.fn("check.running")(function* (attempt: Verifying, claims: Claims): Step {
  const { actor, beads } = attempt
  if (!claims.some(({ assignee, id }) => id === beads && assignee === actor)) {
    const found = yield* confirmClaim(beads, actor)
    if (found._tag !== "Held") yield* Effect.logWarning(`${beads}: its work is being checked, but ${found.why}`)
  }
  return { _tag: "Running", attempt }
})

/** The check has ended. What it left behind is ended before anything else may work in the worktree. */
const ended = Effect.fn("check.ended")(function* (
  attempt: Verifying,
  ending: Ending,
  claims: Claims,
  abandoned: boolean
): Step {
  const verifier = yield* Verifier
  const { beads } = attempt
  if (abandoned) {
    const given = yield* Effect.either(verifier.abandon(beads, traceOf(attempt)))
    return Either.isLeft(given)
      ? stillOpen(attempt, `${ending.detail}; ${given.left.message}`)
      : yield* concluded(attempt, ending, claims)
  }
  const left = yield* Effect.either(verifier.endLeftovers(beads, traceOf(attempt)))
  if (Either.isLeft(left)) {
    return stillOpen(attempt, `what its check left behind cannot be ended: ${left.left.message}`)
  }
  if (left.right.length > 0) {
    yield* Effect.logWarning(`${beads}: its check has ended; left alone: ${oneLine(left.right.join("; "), 1000)}`)
  }
  const { verify } = yield* CurrentSettings
  const isNext = verify.before && verify.command !== undefined && attempt.onBase === undefined
  return isNext && ending.verified === "yes"
    ? yield* startOnBase(attempt, ending, claims)
    : yield* concluded(attempt, ending, claims)
})

/** Moves an attempt on whose work is being checked, as far as the verifier can tell. */
export const settleCheck = Effect.fn("settle.check")(function* (attempt: Verifying, claims: Claims): Step {
  const [verifier, { verify }] = yield* Effect.all([Verifier, CurrentSettings])
  const check = yield* Effect.either(verifier.check(attempt.beads, traceOf(attempt)))
  if (Either.isLeft(check)) return stillOpen(attempt, `whether its check runs cannot be told: ${check.left.message}`)
  const age = ageOf(updatedOf(attempt), yield* moment)
  const found = checkVerdict({ attempt, check: check.right, verify, age })
  switch (found._tag) {
    case "Running":
      return yield* running(attempt, claims)
    case "Wait":
      return stillOpen(attempt, found.why)
    case "Start":
      return yield* startCheck(attempt, claims)
    case "Stop": {
      const stop = verifier.stop(attempt.beads, traceOf(attempt))
      return yield* stopJob(attempt, found.why, concluded(attempt, found.ending, claims), { what: "check", stop })
    }
    case "Ended":
      return yield* ended(attempt, found.ending, claims, found.abandoned === true)
  }
})
