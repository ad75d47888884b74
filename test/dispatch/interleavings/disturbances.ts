import {
  AckTimedOut,
  ClaimFailed,
  JournalFailed,
  PreflightFailed,
  PromptFailed,
  RunnerFailed,
  TrackerFailed,
  WorkspaceFailed,
  type DispatchError
} from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"

const bug = BeadsId.make("bd-1")
const provider = ProviderName.make("opencode")
const tracker = (blame: TrackerFailed["blame"] = "tracker") =>
  new TrackerFailed({ operation: "call", reason: "timeout", detail: `the tracker broke (${blame})`, blame })
const runner = (blame: RunnerFailed["blame"], capacity = false) =>
  new RunnerFailed({ operation: "call", provider, detail: `the runner broke (${blame})`, blame, capacity })
const preflight = new PreflightFailed({ provider, detail: "no quota", lines: [], blame: "provider" })
const claim = (reason: ClaimFailed["reason"]) => new ClaimFailed({ beads: bug, reason, detail: `claim ${reason}` })
const ack = (job: AckTimedOut["job"]) => new AckTimedOut({ provider, waitedMs: 90_000, job })
const workspace = (blame: WorkspaceFailed["blame"]) => new WorkspaceFailed({ detail: "no worktree", blame })
const prompt = (blame: PromptFailed["blame"]) => new PromptFailed({ detail: "no prompt", blame })
const journal = new JournalFailed({ file: "memory", reason: "unusable", detail: "the disk broke" })

type Failures = { readonly before: ReadonlyArray<DispatchError>; readonly after: ReadonlyArray<DispatchError> }
const both = (...errors: ReadonlyArray<DispatchError>): Failures => ({ before: errors, after: errors })

/**
 * The errors that each method of the real layers can fail with. `before`: the call has done nothing. `after`: the call has
 * done its work, but its caller gets the error. A `start` that has started a job never fails with `absent`.
 */
export const CALLS: Readonly<Record<string, Failures>> = {
  "BeadsCli.openBugs": both(tracker(), tracker("config")),
  "BeadsCli.show": both(tracker(), tracker("host")),
  "BeadsCli.claim": {
    before: [tracker(), tracker("host"), claim("refused"), claim("not_open"), claim("unknown")],
    after: [tracker(), tracker("host"), claim("unknown")]
  },
  "BeadsCli.release": both(tracker(), tracker("host")),
  "BeadsCli.leases": both(tracker()),
  "BeadsCli.heartbeat": both(tracker()),
  "BeadsCli.claimsOf": both(tracker()),
  "BeadsCli.label": both(tracker()),
  "BeadsCli.comment": both(tracker()),
  "BeadsCli.version": both(tracker()),
  "DxRunner.version": both(runner("runner")),
  "DxRunner.preflight": both(preflight, runner("host"), runner("runner"), runner("provider")),
  "DxRunner.start": {
    before: [
      runner("provider"),
      runner("runner"),
      runner("issue"),
      runner("host"),
      runner("provider", true),
      preflight,
      ack("absent"),
      ack("uncertain")
    ],
    after: [runner("provider"), runner("runner"), runner("host"), ack("uncertain")]
  },
  "DxRunner.job": both(runner("runner"), runner("host")),
  "DxRunner.running": both(runner("runner")),
  "DxRunner.capacity": both(runner("runner")),
  "DxRunner.stop": both(runner("runner")),
  "PromptStore.write": both(prompt("host"), prompt("issue")),
  "PromptStore.keep": both(),
  "PromptStore.sweep": both(prompt("host")),
  "Workspaces.version": both(workspace("host")),
  "Workspaces.check": both(workspace("config"), workspace("host")),
  "Workspaces.acquire": both(workspace("issue"), workspace("host")),
  "Workspaces.keep": both(),
  "Workspaces.discard": both(workspace("issue")),
  "Journal.lock": both(journal),
  "Journal.begin": both(journal),
  "Journal.end": both(journal),
  "Journal.intend": both(journal),
  "Journal.advance": both(journal),
  "Journal.reopen": both(journal),
  "Journal.open": both(journal),
  "Journal.of": both(journal),
  "Journal.since": both(journal),
  "Journal.notice": both(journal)
}

/** How one call is disturbed, after a delay. */
export interface Disturbance {
  readonly call: string
  /** 1 is the first call of this method. */
  readonly nth: number
  readonly does: "is slow" | "fails" | "dies" | "is interrupted" | "hangs"
  readonly when: "before" | "after"
  readonly seconds: number
  /** Selects one of the call's errors, modulo their number. */
  readonly which: number
}

/** The error of a disturbance that fails; `undefined` if its method has no error. */
export const failureOf = ({ call, when, which }: Disturbance): DispatchError | undefined => {
  const errors = CALLS[call]?.[when] ?? []
  return errors[which % errors.length]
}
