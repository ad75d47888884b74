import { Duration, Effect } from "effect"
import { isLive, type Job } from "../../domain/Job.ts"
import type { JobRequest } from "../DxRunner.ts"
import type { RunnerCommand } from "./command.ts"
import { neverLaunched } from "./jobs.ts"

/** Before each question after a silent start. What was starting has been ended, so the answer will not change for long. */
const PAUSES = [Duration.millis(100), Duration.millis(300), Duration.millis(800)]

/** `started_at` is in whole seconds. */
const ROUNDING = 2000

/** What the runner says of a job that may have been started. */
export type Finding =
  | { readonly _tag: "Found"; readonly job: Job }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unclear"; readonly detail: string }
  /** It could not be asked. */
  | { readonly _tag: "Unanswered"; readonly detail: string }

/**
 * Whether this job was there before the start: the run instance is the one that was known, or, where none could be asked
 * for, its time is an earlier one. `begun` is when the start was, in milliseconds since the epoch.
 */
export const isEarlier = (request: JobRequest, begun: number, job: Job): boolean =>
  (job.runInstance !== undefined && job.runInstance === request.previousRun) ||
  (job.startedAt !== undefined && job.startedAt + ROUNDING < begun)

const judge = (request: JobRequest, begun: number, job: Job | undefined): Finding => {
  if (job === undefined || neverLaunched(job)) return { _tag: "Absent" }
  const known = isEarlier(request, begun, job)
  if (known && !isLive(job)) return { _tag: "Absent" }
  const detail = `dx-runner tells of a job of ${job.provider}, ${job.phase}${known ? ", from an earlier start" : ""}`
  if (known || job.provider !== request.provider.name || job.phase === "gone") return { _tag: "Unclear", detail }
  return job.runInstance === undefined && !isLive(job) ? { _tag: "Unclear", detail } : { _tag: "Found", job }
}

const unanswered = (error: { readonly message: string }) =>
  Effect.succeed<Finding>({ _tag: "Unanswered", detail: error.message })

/** `report` says nothing of a job it does not know, and so does a `report` that breaks. `status` has a row that says so. */
const confirmed = (runner: RunnerCommand, request: JobRequest): Effect.Effect<Finding> =>
  runner.row(request.beads).pipe(
    Effect.map((row): Finding => {
      if (row === undefined) return { _tag: "Absent" }
      const { runInstance } = row.job
      const nothingNew = runInstance === undefined || runInstance === request.previousRun
      if (nothingNew && !isLive(row.job)) return { _tag: "Absent" }
      return { _tag: "Unclear", detail: `dx-runner lists a job of ${row.job.provider} and has no report of it` }
    }),
    Effect.catchAll(unanswered)
  )

/**
 * Asks for a job whose start was not acknowledged, several times: the runner may be busy, and what is certainly absent
 * must be absent in every answer.
 */
export const lookFor = Effect.fn("dx-runner.lookFor")(function* (
  runner: RunnerCommand,
  request: JobRequest,
  begun: number
) {
  let finding: Finding = { _tag: "Absent" }
  let silent = true
  for (const pause of PAUSES) {
    yield* Effect.sleep(pause)
    const answer = yield* runner.report(request.beads).pipe(
      Effect.tap((job) => Effect.sync(() => (silent = silent && job === undefined))),
      Effect.map((job) => judge(request, begun, job)),
      Effect.catchAll(unanswered)
    )
    if (answer._tag === "Found") return answer
    if (answer._tag !== "Absent" && finding._tag !== "Unclear") finding = answer
  }
  return finding._tag === "Absent" && silent ? yield* confirmed(runner, request) : finding
})
