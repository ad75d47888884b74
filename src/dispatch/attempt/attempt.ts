import { Clock, Effect, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Ack } from "../../domain/Ack.ts"
import { ineligible } from "../../domain/eligibility.ts"
import { ClaimFailed, type DispatchError } from "../../domain/Failure.ts"
import { stopsRun } from "../../domain/Blame.ts"
import { forOtherHost } from "../../domain/hostTags.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { Skipped } from "../../domain/Outcome.ts"
import type { ProcessIdentity } from "../../domain/ProcessIdentity.ts"
import { emit } from "../../domain/Events.ts"
import { PlanPolicy, policyReason } from "../../domain/PlanPolicy.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { firstProvider, type ChainFailed, type Chosen } from "../providers/chain.ts"
import type { DispatchServices, RunContext } from "./Dispatcher.ts"
import { dispatchPrompt } from "./dispatchPrompt.ts"
import { prepare } from "./prepare.ts"
import { startJob } from "./startJob.ts"

/** The provider chain's choice with the job's acknowledgement, and the workspace of the job. */
export interface Started extends Chosen<Ack> {
  readonly workspace: Workspace
}

/** The job of this bug; `undefined` if there is none, or if the runner cannot tell: `start` checks once more. */
const currentJob = Effect.fn("dispatch.currentJob")(function* ({ id }: Issue) {
  const runner = yield* DxRunner
  return yield* runner.job(id).pipe(
    Effect.tapError((error) =>
      Effect.logWarning(`cannot tell whether a job for ${id} runs; the runner checks again at start: ${error.message}`)
    ),
    Effect.catchAll((error) => (stopsRun(error) ? Effect.fail(error) : Effect.sync((): Job | undefined => undefined)))
  )
})

/** The bug and its job as they are now, not as they were when the run was planned. */
const reRead = Effect.fn("dispatch.reRead")(function* (planned: Issue) {
  const [beads, settings, policy] = yield* Effect.all([BeadsCli, CurrentSettings, PlanPolicy])
  const [issue, job] = yield* Effect.all([beads.show(planned.id, "comments"), currentJob(planned)], { concurrency: 2 })
  if (issue === undefined) {
    return yield* new ClaimFailed({ beads: planned.id, reason: "missing", detail: "the tracker no longer has it" })
  }
  const running = new Set(job !== undefined && isLive(job) ? [planned.id] : [])
  const now = yield* Clock.currentTimeMillis
  const reason =
    ineligible(issue, settings.intake, now, running) ??
    forOtherHost(issue, settings.intake, [settings.host.tags]) ??
    policyReason(policy, issue, now)
  return { issue, previousRun: job?.runInstance, reason }
})

/**
 * One attempt at one bug: re-read, prompt and its check, record, claim, worktree, prompt file, provider chain,
 * acknowledgement, hand-over. Until the hand-over everything belongs to the scope, which rolls it back in reverse order.
 */
export const attempt = Effect.fn("dispatch.attempt")(function* (
  planned: Issue,
  context: RunContext
): Effect.fn.Return<Started | Skipped, DispatchError | ChainFailed, DispatchServices | Scope.Scope> {
  const { id } = planned
  yield* emit({ _tag: "StepBegun", beads: id, step: "re-read" })
  const { issue, previousRun, reason } = yield* reRead(planned)
  if (reason !== undefined) return new Skipped({ beads: id, reason: reason[0], detail: reason[1] })
  const prompt = yield* dispatchPrompt(issue, context)
  if (prompt.refusal !== undefined) return new Skipped({ beads: id, reason: "prompt_refused", detail: prompt.refusal })
  const prepared = yield* prepare(issue, prompt, context)
  const { workspace } = prepared
  const { actor: attempt, advance } = prepared.record
  const request = {
    beads: id,
    attempt,
    prompt: prepared.prompt,
    workspace,
    repo: context.repository.name,
    previousRun,
    onLaunch: (starter: ProcessIdentity) => Effect.asVoid(advance({ _tag: "Launching", starter }))
  }
  const chosen = yield* firstProvider(context.pool, (provider) =>
    startJob(context.pool, { ...request, provider }, prepared).pipe(
      Effect.withSpan("dispatch.startJob"),
      Effect.annotateSpans({ attempt, provider: provider.name })
    )
  )
  return { ...chosen, workspace }
})
