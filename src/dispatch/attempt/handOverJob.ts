import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { Ack } from "../../domain/Ack.ts"
import { ClaimFailed, type JournalFailed } from "../../domain/Failure.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import { isOfStart } from "../../domain/Job.ts"
import { oneLine } from "../../domain/Text.ts"
import { placeInWords } from "../../domain/Workspace.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner, type JobRequest } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import type { Confirmation } from "../claims/claimCheck.ts"
import { acknowledge, handOver, type Prepared } from "./prepare.ts"

type Services = DxRunner | Journal | PromptStore | Workspaces
/** Makes an effect interruptible. */
type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The time that the runner has to stop a job whose claim is lost. */
const STOP_TIME = Duration.minutes(1)

const inWords = (cause: Cause.Cause<unknown>): string => oneLine(Cause.pretty(cause))

const logged = <A>(write: Effect.Effect<A, JournalFailed>, what: string) =>
  Effect.catchAll(Effect.asVoid(write), ({ message }) => Effect.logError(`${what}: ${message}`))

/** Whether the job is certainly this attempt's. An adopted job may be another program's. */
const isOwnJob = Effect.fn("handOverJob.isOwn")(function* (request: JobRequest, ack: Ack) {
  if (ack.how !== "adopted") return true
  const runner = yield* DxRunner
  const job = yield* Effect.option(Effect.timeout(runner.job(request.beads), STOP_TIME))
  return Option.exists(job, (found) => found !== undefined && isOfStart(found, ack, request.prompt))
})

/** Stops the job. `undefined` if it has ended, otherwise why not. */
const stopJob = Effect.fn("handOverJob.stop")(function* (
  { beads }: JobRequest,
  { record }: Prepared,
  restore: Restore
) {
  const runner = yield* DxRunner
  const stopping = Effect.flatMap(record.trace, (trace) => runner.stop(beads, trace))
  const exit = yield* Effect.exit(restore(Effect.timeoutOption(delayInterruption(stopping), STOP_TIME)))
  if (Exit.isInterrupted(exit)) return "the run was interrupted while the runner stopped it"
  if (Exit.isFailure(exit)) return `the runner failed: ${inWords(exit.cause)}`
  if (Option.isNone(exit.value)) return `the runner did not stop it within ${Duration.format(STOP_TIME)}`
  return exit.value.value ? undefined : "a process of it still works in the worktree"
})

/** Another actor has the claim: stops our job wholly, and keeps its work. Always fails; the failure says what was kept. */
const giveUp = Effect.fn("handOverJob.giveUp")(function* (
  request: JobRequest,
  prepared: Prepared,
  ack: Ack,
  { holder, why }: Confirmation & { _tag: "Lost" },
  restore: Restore
): Effect.fn.Return<never, ClaimFailed, Services> {
  const [journal, prompts, workspaces] = yield* Effect.all([Journal, PromptStore, Workspaces])
  const { beads } = request
  const { claim, prompt, record, workspace } = prepared
  const lost = (detail: string) => new ClaimFailed({ beads, reason: "lost", holder, detail: `${why}; ${detail}` })
  const isOwn = yield* Effect.exit(restore(isOwnJob(request, ack)))
  if (Exit.isFailure(isOwn) || !isOwn.value) {
    return yield* lost("a job of the bug runs that this attempt may not have started, and was left alone")
  }
  // First, because a crash may cut the stop short: then the next run stops the job.
  yield* Effect.zipRight(claim.handOver, workspaces.keep(workspace))
  yield* Effect.logWarning(`${beads}: claim_lost: ${why}; stopping the job that was just started`)
  const stillRuns = yield* stopJob(request, prepared, restore)
  const work = `its work is kept in ${placeInWords(workspace)}`
  if (stillRuns === undefined) {
    const error = lost(`the job that was just started was stopped, and ${work}`)
    const end = { end: "claim_lost", code: error.code, blame: error.blame, detail: error.message } as const
    yield* logged(record.advance({ _tag: "Settled", ...end }), `${beads}: cannot write the end of ${record.actor}`)
    return yield* error
  }
  yield* prompts.keep(prompt)
  const error = lost(
    `the job that was just started may still run (${stillRuns}); ${work}, its prompt is kept, and the next run stops it`
  )
  const text = `The job for ${beads} has no claim any more and may still run. ${error.message}`
  const alert = Notice.make({ key: `stuck ${record.actor}`, kind: "claim_stuck", beads, text })
  yield* logged(journal.notice(alert), `${beads}: cannot write down that its job may still run`)
  return yield* error
})

/**
 * After the acknowledgement: reads the claim again, then hands claim, prompt and worktree over to the job. If another actor
 * has the claim, stops the job and fails with `ClaimFailed`. An interruption cuts the read or the stop short, but never
 * comes between the acknowledgement and the hand-over.
 *
 * @example
 * Effect.uninterruptibleMask((restore) => handOverJob(request, prepared, ack, restore))
 */
export const handOverJob = Effect.fn("handOverJob")(function* (
  request: JobRequest,
  prepared: Prepared,
  ack: Ack,
  restore: Restore
): Effect.fn.Return<void, ClaimFailed, Services> {
  // First, because a crash may cut the read short: then the next run knows that this attempt started the job.
  yield* acknowledge(prepared, ack)
  const exit = yield* Effect.exit(restore(prepared.claim.confirm))
  const found: Confirmation = Exit.match(exit, {
    onSuccess: (confirmation) => confirmation,
    onFailure: (cause) => ({ _tag: "Unknown", why: `reading it was cut short: ${inWords(cause)}` })
  })
  if (found._tag === "Lost") return yield* giveUp(request, prepared, ack, found, restore)
  if (found._tag === "Unknown") {
    yield* Effect.logWarning(
      `${request.beads}: cannot tell whether its claim is still ours: ${found.why}. Its job goes on; settling reads the claim again`
    )
  }
  const { ships } = yield* DxRunner
  yield* handOver(prepared, ships?.prompt === true)
})
