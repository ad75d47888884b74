import { Clock, Effect, Ref, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Attempt, AttemptStep } from "../../domain/Attempt.ts"
import { ClaimFailed, stopsRun, type DispatchError, type ProviderAttempt } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import type { Ack } from "../../domain/Ack.ts"
import type { PromptFile } from "../../domain/PromptFile.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { Skipped } from "../../domain/Outcome.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { fixPrompt, makeMarker } from "../../prompt/fixPrompt.ts"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { firstProvider } from "../providers/chain.ts"
import { claimScoped, type Custody, type HeldClaim } from "../claims/claimScoped.ts"
import type { RunContext } from "./Dispatcher.ts"
import { intentOf } from "./intent.ts"
import { ineligible } from "../../domain/eligibility.ts"
import { Progress } from "../../domain/Progress.ts"
import { startJob } from "./startJob.ts"

/** What one dispatch works with. */
export type Services = BeadsCli | DxRunner | Journal | PromptStore | Workspaces

/** What is known of an attempt while it goes on, for whoever has to tell of it when it is over. */
export interface Track {
  /** The providers that were tried, in order, each with why it did not take the job. */
  readonly passedOver: Ref.Ref<ReadonlyArray<ProviderAttempt>>
  readonly custody: Ref.Ref<Custody>
  /** Who holds the claim; set once the journal knows of the attempt. */
  readonly actor: Ref.Ref<Actor | undefined>
}

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

const preparePrompt = Effect.fn("dispatch.prompt")(function* (
  issue: Issue,
  repo: string,
  workspace: Workspace,
  earlier: ReadonlyArray<string>
) {
  const prompts = yield* PromptStore
  const text = fixPrompt({
    issue,
    repo,
    worktree: workspace.path,
    ...(workspace.branch === undefined ? {} : { branch: workspace.branch }),
    ...(workspace.base === undefined ? {} : { base: workspace.base }),
    marker: yield* marker,
    earlier
  })
  return yield* prompts.write(issue.id, text)
})

/** Everything that a job needs, and that the scope puts back as long as there is none. */
interface Prepared {
  readonly attempt: Attempt
  readonly held: HeldClaim
  readonly workspace: Workspace
  readonly prompt: PromptFile
}

/** Claim, worktree, prompt: each is in the journal before the next begins. */
const prepare = Effect.fn("dispatch.prepare")(function* (
  issue: Issue,
  context: RunContext,
  track: Track
): Effect.fn.Return<Prepared, DispatchError, Services | Scope.Scope> {
  const [journal, progress, workspaces] = yield* Effect.all([Journal, Progress, Workspaces])
  const { earlier, intent } = yield* intentOf(issue, context)
  const { actor } = intent
  yield* progress.step(issue.id, "claim")
  const attempt = yield* journal.intend(intent)
  yield* Ref.set(track.actor, actor)
  const held = yield* claimScoped(issue, actor, context.leases, track.custody)
  yield* Effect.logInfo(`claimed ${issue.id} as ${actor}`)
  yield* journal.advance(actor, { _tag: "Claimed" })
  yield* progress.step(issue.id, "worktree")
  const workspace = yield* workspaces.acquire(issue.id, context.repository)
  yield* journal.advance(actor, { _tag: "WorkspaceMade", workspace })
  yield* progress.step(issue.id, "prompt")
  const prompt = yield* preparePrompt(issue, context.repository.name, workspace, earlier)
  yield* journal.advance(actor, { _tag: "Prompted", prompt })
  return { attempt, held, workspace, prompt }
})

/**
 * After this the claim, the prompt and the worktree are the job's, and closing the scope leaves them alone. What the
 * journal does not take then, the next run finds out from the runner.
 */
const handOver = Effect.fn("dispatch.handOver")(function* (prepared: Prepared, ack: Ack | undefined) {
  const [journal, prompts, workspaces] = yield* Effect.all([Journal, PromptStore, Workspaces])
  const { attempt, held, prompt, workspace } = prepared
  yield* Effect.all([held.handOver, prompts.keep(prompt), workspaces.keep(workspace)], { discard: true })
  if (ack === undefined) return
  const step: AttemptStep = { _tag: "Acknowledged", ack }
  yield* Effect.catchAll(journal.advance(attempt.actor, step), (error) =>
    Effect.logError(`${attempt.beads}: its job runs, and that could not be written down: ${error.message}`)
  )
})

/** A job that was acknowledged, and where it works. */
export interface Started {
  readonly ack: Ack
  readonly workspace: Workspace
}

const start = Effect.fn("dispatch.start")(function* (
  prepared: Prepared,
  known: Job | undefined,
  context: RunContext,
  track: Track
): Effect.fn.Return<Started, DispatchError, Services> {
  const journal = yield* Journal
  const services = yield* Effect.context<Journal | PromptStore | Workspaces>()
  const { attempt, held, prompt, workspace } = prepared
  const previousRun = known?.runInstance
  const ack = yield* firstProvider(context.pool, track.passedOver, (provider) =>
    Effect.zipRight(
      held.verify,
      startJob(
        context.pool,
        { beads: attempt.beads, provider, prompt, workspace, repo: context.repository.name, previousRun },
        {
          starting: Effect.asVoid(
            journal.advance(attempt.actor, { _tag: "Starting", provider: provider.name, previousRun })
          ),
          handOver: (ack) => Effect.provide(handOver(prepared, ack), services)
        }
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
  track: Track
): Effect.fn.Return<Started | Skipped, DispatchError, Services | Scope.Scope> {
  const progress = yield* Progress
  yield* progress.step(planned.id, "re-read")
  const { issue, known, why } = yield* reRead(planned)
  if (why !== undefined) return new Skipped({ beads: planned.id, reason: why[0], detail: why[1] })
  const prepared = yield* prepare(issue, context, track)
  return yield* start(prepared, known, context, track)
})
