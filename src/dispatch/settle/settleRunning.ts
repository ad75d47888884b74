import { Effect } from "effect"
import { ackOf, workspaceOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { isOfStart, type Job } from "../../domain/Job.ts"
import { placeInWords } from "../../domain/Workspace.ts"
import { confirmClaim } from "../claims/claimCheck.ts"
import { finished, type Claims, type Settlement, type Settling } from "./settlement.ts"
import { stopJob } from "./stopJob.ts"

const claimLost = (why: string, what: string): Ending => ({
  end: "claim_lost",
  code: "claim_failed",
  blame: "tracker",
  detail: `${why}; ${what}`
})

/** Whether the attempt's own start certainly made the job. */
const isCertainlyOwn = (attempt: Attempt, job: Job): boolean =>
  isOfStart(job, ackOf(attempt), "prompt" in attempt ? attempt.prompt : undefined)

/**
 * A running job keeps its claim: a free one is taken again. If another actor has the claim, the job is stopped and its work
 * is kept. A job that may be the other actor's is left alone.
 */
export const settleRunning = Effect.fn("settle.running")(function* (
  attempt: Attempt,
  job: Job,
  claims: Claims
): Effect.fn.Return<Settlement, Effect.Effect.Error<Settling>, Effect.Effect.Context<Settling>> {
  const { actor, beads } = attempt
  const running: Settlement = { _tag: "Running", attempt }
  if (claims.some(({ assignee, id }) => id === beads && assignee === actor)) return running
  const found = yield* confirmClaim(beads, actor)
  if (found._tag === "Held") return running
  if (found._tag === "Unknown") {
    yield* Effect.logWarning(
      `${beads}: its job runs, and whether its claim is still ours cannot be told: ${found.why}. The next run reads it again`
    )
    return running
  }
  if (!isCertainlyOwn(attempt, job)) {
    const left = "the job that runs for it may be another dispatcher's and was left alone"
    return yield* finished(attempt, claimLost(found.why, left), claims)
  }
  const workspace = workspaceOf(attempt)
  const place = workspace === undefined ? "" : `, and its work is kept in ${placeInWords(workspace)}`
  const ending = claimLost(found.why, `the job was stopped${place}`)
  return yield* stopJob(attempt, found.why, finished(attempt, ending, claims))
})
