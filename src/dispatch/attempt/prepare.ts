import { Effect, type Scope } from "effect"
import type { Ack } from "../../domain/Ack.ts"
import { ClaimFailed, type DispatchError } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import { emit } from "../../domain/Events.ts"
import type { PromptFile } from "../../domain/PromptFile.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore } from "../../prompt/PromptStore.ts"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { claimScoped, type HeldClaim } from "../claims/claimScoped.ts"
import type { RunContext } from "./Dispatcher.ts"
import type { DispatchPrompt } from "./dispatchPrompt.ts"
import { errorOf, openRecord, type AttemptRecord } from "./record.ts"

/** Everything that a job needs. The scope rolls it back, unless it was handed over. */
export interface Prepared {
  readonly record: AttemptRecord
  readonly claim: HeldClaim
  readonly workspace: Workspace
  readonly prompt: PromptFile
}

/** Makes record, claim, worktree and prompt file. Each is in the journal before the next is made. */
export const prepare = Effect.fn("dispatch.prepare")(function* (
  issue: Issue,
  prompt: DispatchPrompt,
  context: RunContext
): Effect.fn.Return<Prepared, DispatchError, BeadsCli | Journal | PromptStore | Workspaces | Scope.Scope> {
  const [prompts, workspaces] = yield* Effect.all([PromptStore, Workspaces])
  const { mark } = (yield* Journal).identity
  yield* emit({ _tag: "StepBegun", beads: issue.id, step: "claim" })
  const record = yield* Effect.catchIf(
    openRecord(prompt.intent),
    ({ reason }) => reason === "taken",
    ({ detail }) => new ClaimFailed({ beads: issue.id, reason: "refused", detail })
  )
  const claim = yield* claimScoped(issue, record, context.leases)
  yield* Effect.logInfo(`claimed ${issue.id} as ${record.actor}`)
  yield* record.advance({ _tag: "Claimed" })
  yield* emit({ _tag: "Claimed", beads: issue.id, actor: record.actor })
  yield* emit({ _tag: "StepBegun", beads: issue.id, step: "worktree" })
  const { branch = "", path } = workspaces.place(issue.id, context.repository)
  const weigh = context.suspicions.weigh(
    issue.id,
    [path, branch, issue.id].filter((name) => name !== "")
  )
  const workspace = yield* Effect.catchAll(workspaces.acquire(issue.id, context.repository), weigh)
  yield* record.advance({ _tag: "WorkspaceMade", workspace })
  yield* emit({ _tag: "StepBegun", beads: issue.id, step: "prompt" })
  const text = yield* prompt.textFor(workspace)
  const file = yield* Effect.catchAll(prompts.write(issue.id, mark, text), weigh)
  yield* record.advance({ _tag: "Prompted", prompt: file })
  return { record, claim, workspace, prompt: file }
})

/**
 * Writes that the job runs. Never fails, also after a defect: the job must get its claim, and if the journal lacks the
 * acknowledgement, the next run asks the runner.
 */
export const acknowledge = ({ record }: Prepared, ack: Ack): Effect.Effect<void> =>
  Effect.catchAllCause(Effect.asVoid(record.advance({ _tag: "Acknowledged", ack })), (cause) =>
    Effect.logError(
      `${ack.beads}: its job runs, but the journal did not take the acknowledgement: ${errorOf(cause).message}. ` +
        "The next run asks the runner for the job"
    )
  )

/**
 * From here on claim, prompt and worktree belong to the job: closing the scope does not roll them back. But for the prompt if the
 * runner has its own copy.
 */
export const handOver = Effect.fn("dispatch.handOver")(function* (
  { claim, prompt, workspace }: Prepared,
  hasPrompt = false
) {
  const [prompts, workspaces] = yield* Effect.all([PromptStore, Workspaces])
  const keepPrompt = hasPrompt ? Effect.void : prompts.keep(prompt)
  yield* Effect.all([claim.handOver, keepPrompt, workspaces.keep(workspace)], { discard: true })
})
