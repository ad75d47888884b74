import { Schema } from "effect"
import { Attempt, type Intent } from "../../domain/Attempt.ts"
import type { AttemptStep } from "../../domain/attemptSteps.ts"
import { Actor } from "../../domain/Actor.ts"
import { BeadsId, RunId } from "../../domain/Ids.ts"
import { Ack } from "../../domain/Ack.ts"
import { ProcessIdentity } from "../../domain/ProcessIdentity.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import type { Locking } from "../../journal/locking.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { ProviderName } from "../../domain/Provider.ts"

export const RUN = RunId.make("20261122T030000Z-4f2a91c7d0")
export const opencode = ProviderName.make("opencode")
export const bug = BeadsId.make("bd-1")

/** A run that is never overdue. */
export const LOCKING: Locking = { run: RUN, until: Number.MAX_SAFE_INTEGER, work: "run" }

/** The intent of the n-th attempt, at this bug. */
export const intentOf = (n: number, beads: BeadsId = bug): Intent => ({
  actor: Actor.make(`nightly-dispatch/vm-1/${RUN}/${n}`),
  run: RUN,
  beads,
  number: n,
  digest: "00112233aabbccdd",
  repository: { name: "app", path: "/src/app" }
})

export type Tag = AttemptStep["_tag"]

export const STEPS: Readonly<Record<Tag, AttemptStep>> = {
  Claimed: { _tag: "Claimed" },
  WorkspaceMade: {
    _tag: "WorkspaceMade",
    workspace: new Workspace({ path: "/tmp/agents/bd-1/app", branch: "fix/bd-1", base: "abc", reused: false })
  },
  Prompted: { _tag: "Prompted", prompt: new PromptFile({ beads: bug, path: "/tmp/x/bd-1.prompt" }) },
  Starting: { _tag: "Starting", provider: opencode, previousRun: "run-0" },
  Launching: {
    _tag: "Launching",
    starter: ProcessIdentity.make({ pid: 4241, startedAt: "17", boot: "boot-1", namespace: "pid:[1]", machine: "m-1" })
  },
  Acknowledged: {
    _tag: "Acknowledged",
    ack: Ack.make({ beads: bug, provider: opencode, pid: 4242, log: "/l", runInstance: "run-1", how: "started" })
  },
  Verifying: {
    _tag: "Verifying",
    found: { end: "succeeded", detail: "the job ended well; commits in /tmp/agents/bd-1/app", commits: 1 }
  },
  PassedCheck: {
    _tag: "PassedCheck",
    found: { end: "succeeded", detail: "the job ended well; our check passed: `npm test`", verified: "yes" },
    path: "/tmp/agents/bd-1/+base-app"
  },
  Checking: {
    _tag: "Checking",
    checker: ProcessIdentity.make({ pid: 4243, startedAt: "19", boot: "boot-1", namespace: "pid:[1]", machine: "m-1" })
  },
  Ending: { _tag: "Ending", end: "failed", code: "runner_error", blame: "issue", detail: "the job failed" },
  Settled: { _tag: "Settled", end: "failed", code: "runner_error", blame: "issue", detail: "the job failed" },
  PushTried: {
    _tag: "PushTried",
    pushed: { _tag: "Pushed", remote: "origin", branch: "fix/bd-1", at: 17, commit: "1a2b3c4" }
  }
}

/** An attempt as JSON, where an absent and an undefined field are the same. */
export const plain = (attempt: Attempt): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(Schema.encodeSync(Attempt)(attempt)))
