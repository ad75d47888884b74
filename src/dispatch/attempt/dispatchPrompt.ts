import { Effect } from "effect"
import { actorOf } from "../../domain/Actor.ts"
import type { Intent } from "../../domain/Attempt.ts"
import { taskDigest } from "../../domain/digest.ts"
import { RunnerFailed, type JournalFailed } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"
import { checkedPrompt } from "../../prompt/checkedPrompt.ts"
import { randomMarker } from "../../prompt/fixPrompt.ts"
import { PromptTemplate } from "../../prompt/template.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { told } from "../plan/told.ts"
import type { RunContext } from "./Dispatcher.ts"

/** The next attempt at a bug, and its prompt, which the runner has checked. */
export interface DispatchPrompt {
  readonly intent: Intent
  /** Why the runner refuses the prompt; `undefined` if it takes it. */
  readonly refusal: string | undefined
  /** The checked text. It is rendered and checked again if the worktree has another path or branch than expected, or lacks submodules. */
  readonly textFor: (workspace: Workspace) => Effect.Effect<string, RunnerFailed>
}

/**
 * Renders the prompt of the next attempt before anything is claimed, and lets the runner check that text.
 *
 * The bug's own text is not redacted: every user of the tracker can read it, and the bug may be about a text that looks like a
 * key.
 */
export const dispatchPrompt = Effect.fn("dispatch.prompt")(function* (
  issue: Issue,
  { host, nextAttempt, probe, repository, run }: RunContext
): Effect.fn.Return<DispatchPrompt, JournalFailed | RunnerFailed, DxRunner | Journal | Workspaces> {
  const [journal, redact, runner, workspaces] = yield* Effect.all([Journal, Redact, DxRunner, Workspaces])
  const [attempts, retries] = yield* Effect.all([journal.of(issue.id), journal.retries])
  const input = {
    issue,
    repository,
    marker: yield* randomMarker,
    template: yield* Effect.mapError(
      Effect.flatten(PromptTemplate),
      ({ message }) => new RunnerFailed({ operation: "prompt", detail: message, blame: "config" })
    ),
    ...told(issue.id, attempts, retries, redact)
  }
  const render = (place: Pick<Workspace, "branch" | "path" | "submodules">) =>
    checkedPrompt({ ...input, place }, runner.promptRefusal)
  const expected = workspaces.place(issue.id, repository)
  const { refusal, text } = render(expected)
  const intent: Intent = {
    actor: actorOf({ mark: journal.identity.mark, host, run, attempt: yield* nextAttempt }),
    run,
    beads: issue.id,
    number: attempts.reduce((most, { number }) => Math.max(most, number), 0) + 1,
    digest: taskDigest(issue),
    repository,
    tracker: journal.identity.trackers[0],
    ...(probe === issue.id ? { probe: true } : {})
  }
  const textFor = (workspace: Workspace) => {
    const { branch, path, shipped, submodules } = workspace
    if (shipped) return Effect.succeed(text)
    if (path === expected.path && branch === expected.branch && submodules === undefined) return Effect.succeed(text)
    const other = render(workspace)
    return other.refusal === undefined
      ? Effect.succeed(other.text)
      : new RunnerFailed({ operation: "prompt", detail: other.refusal, blame: "issue" })
  }
  return { intent, refusal, textFor }
})
