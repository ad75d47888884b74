import { Duration, Effect } from "effect"
import { isLive, type Job } from "../domain/Job.ts"
import type { JobRequest } from "./DxRunner.ts"
import type { RunnerCommand } from "./dxRunnerCommand.ts"
import { neverLaunched } from "./dxRunnerJobs.ts"

/** Before each question after a silent start. What was starting has been ended, so the answer will not change for long. */
const PAUSES = [Duration.millis(100), Duration.millis(300), Duration.millis(800)]

/** What the runner says of a job that may have been started. */
export type Finding =
  | { readonly _tag: "Found"; readonly job: Job }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unclear"; readonly detail: string }
  /** It could not be asked. */
  | { readonly _tag: "Unanswered"; readonly detail: string }

const judge = (request: JobRequest, job: Job | undefined): Finding => {
  if (job === undefined || neverLaunched(job)) return { _tag: "Absent" }
  const known = job.runInstance !== undefined && job.runInstance === request.previousRun
  if (known && !isLive(job)) return { _tag: "Absent" }
  const detail = `dx-runner tells of a job of ${job.provider}, ${job.phase}${known ? ", from an earlier start" : ""}`
  if (known || job.provider !== request.provider.name || job.phase === "gone") return { _tag: "Unclear", detail }
  return job.runInstance === undefined && !isLive(job) ? { _tag: "Unclear", detail } : { _tag: "Found", job }
}

/**
 * Asks for a job whose start was not acknowledged, several times: the runner may be busy, and what is certainly absent
 * must be absent in every answer.
 */
export const lookFor = Effect.fn("dx-runner.lookFor")(function* (runner: RunnerCommand, request: JobRequest) {
  let finding: Finding = { _tag: "Absent" }
  for (const pause of PAUSES) {
    yield* Effect.sleep(pause)
    const answer = yield* runner.report(request.beads).pipe(
      Effect.map((job) => judge(request, job)),
      Effect.catchAll((error) => Effect.succeed<Finding>({ _tag: "Unanswered", detail: error.message }))
    )
    if (answer._tag === "Found") return answer
    if (answer._tag !== "Absent" && finding._tag !== "Unclear") finding = answer
  }
  return finding
})
