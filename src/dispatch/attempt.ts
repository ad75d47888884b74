import { Clock, Effect, type Ref, type Scope } from "effect"
import { BeadsCli } from "../beads/BeadsCli.ts"
import { ClaimFailed, stopsRun, type DispatchError, type ProviderAttempt } from "../domain/Failure.ts"
import { actorOf } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import { isLive, type Ack, type Job, type PromptFile, type Workspace } from "../domain/Job.ts"
import { Skipped } from "../domain/Outcome.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { fixPrompt, makeMarker } from "../prompt/fixPrompt.ts"
import { PromptStore } from "../prompt/PromptStore.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import { firstProvider } from "./chain.ts"
import { claimScoped, type HeldClaim } from "./custody.ts"
import type { RunContext } from "./Dispatcher.ts"
import { ineligible } from "./plan.ts"
import { Progress } from "./Progress.ts"
import { startJob } from "./startJob.ts"

/** What one dispatch works with. */
export type Services = BeadsCli | DxRunner | PromptStore | Workspaces

/** The issue and its job as they are now, not as they were when the run was planned. */
const reRead = Effect.fn("dispatch.reRead")(function* (planned: Issue) {
  const [beads, runner, settings] = yield* Effect.all([BeadsCli, DxRunner, CurrentSettings])
  // A runner that knows no question about a job still refuses a second one; one that cannot work at all stops here.
  const job = runner.job(planned.id).pipe(
    Effect.tapError((error) => Effect.logWarning(`cannot tell whether a job for ${planned.id} runs: ${error.message}`)),
    Effect.catchAll((error) => (stopsRun(error) ? Effect.fail(error) : Effect.sync((): Job | undefined => undefined)))
  )
  const [issue, known] = yield* Effect.all([beads.show(planned.id), job], { concurrency: 2 })
  if (issue === undefined) {
    return yield* new ClaimFailed({ beads: planned.id, reason: "missing", detail: "the tracker no longer has it" })
  }
  const running = new Set(known !== undefined && isLive(known) ? [planned.id] : [])
  const why = ineligible(issue, settings.intake, yield* Clock.currentTimeMillis, running)
  return { issue, known, why }
})

/** Nobody who wrote the bug can have known it. */
const marker = Effect.sync(() => makeMarker(crypto.getRandomValues(new Uint8Array(16))))

const preparePrompt = Effect.fn("dispatch.prompt")(function* (issue: Issue, repo: string, workspace: Workspace) {
  const prompts = yield* PromptStore
  const text = fixPrompt({
    issue,
    repo,
    worktree: workspace.path,
    ...(workspace.branch === undefined ? {} : { branch: workspace.branch }),
    ...(workspace.base === undefined ? {} : { base: workspace.base }),
    marker: yield* marker
  })
  return yield* prompts.write(issue.id, text)
})

/** After this the claim, the prompt and the worktree are the job's, and closing the scope leaves them alone. */
const handOver = Effect.fn("dispatch.handOver")(function* (held: HeldClaim, prompt: PromptFile, workspace: Workspace) {
  const [prompts, workspaces] = yield* Effect.all([PromptStore, Workspaces])
  yield* Effect.all([held.handOver, prompts.keep(prompt), workspaces.keep(workspace)], { discard: true })
})

/** A job that was acknowledged, and where it works. */
export interface Started {
  readonly ack: Ack
  readonly workspace: Workspace
}

const prepareAndStart = Effect.fn("dispatch.start")(function* (
  issue: Issue,
  known: Job | undefined,
  context: RunContext,
  attempts: Ref.Ref<ReadonlyArray<ProviderAttempt>>
): Effect.fn.Return<Started, DispatchError, Services | Scope.Scope> {
  const [progress, workspaces] = yield* Effect.all([Progress, Workspaces])
  const actor = actorOf({ host: context.host, run: context.run, attempt: 1 })
  yield* progress.step(issue.id, "claim")
  const held = yield* claimScoped(issue, actor, context.leases)
  yield* Effect.logInfo(`claimed ${issue.id} as ${actor}`)
  yield* progress.step(issue.id, "worktree")
  const workspace = yield* workspaces.acquire(issue.id, context.repository)
  yield* progress.step(issue.id, "prompt")
  const prompt = yield* preparePrompt(issue, context.repository.name, workspace)
  const over = Effect.provide(handOver(held, prompt, workspace), yield* Effect.context<PromptStore | Workspaces>())
  const ack = yield* firstProvider(context.pool, attempts, (provider) =>
    Effect.zipRight(
      held.verify,
      startJob(
        context.pool,
        {
          beads: issue.id,
          provider,
          prompt,
          workspace,
          repo: context.repository.name,
          previousRun: known?.runInstance
        },
        over
      )
    )
  )
  return { ack, workspace }
})

/**
 * One attempt at one bug: re-read, claim, worktree, prompt, provider chain, acknowledgement, hand-over. Until the
 * hand-over everything belongs to the scope, which puts it back in reverse order whatever ends it.
 */
export const attempt = Effect.fn("dispatch.attempt")(function* (
  planned: Issue,
  context: RunContext,
  attempts: Ref.Ref<ReadonlyArray<ProviderAttempt>>
): Effect.fn.Return<Started | Skipped, DispatchError, Services | Scope.Scope> {
  const progress = yield* Progress
  yield* progress.step(planned.id, "re-read")
  const { issue, known, why } = yield* reRead(planned)
  if (why !== undefined) return new Skipped({ beads: planned.id, reason: why[0], detail: why[1] })
  return yield* prepareAndStart(issue, known, context, attempts)
})
