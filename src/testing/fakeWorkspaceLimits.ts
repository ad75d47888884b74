import { Effect, type Duration } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { ExistingWork, WorkByBug } from "../workspace/ExistingWork.ts"
import { NOTHING_KNOWN, type BranchFacts, type KeptFacts, type KeptWork } from "../workspace/KeptWork.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { noAnswer, type TimeLimits } from "./timeLimits.ts"

const time = ({ workspace }: { readonly workspace: Duration.DurationInput }) => workspace

/** Each method has `timeouts.workspace`. To keep a workspace takes no command. */
const limit = {
  time,
  late: (time: Duration.Duration) =>
    Effect.fail(new WorkspaceFailed({ detail: noAnswer(time), kind: "timeout", blame: "issue" }))
}

export const workspaceLimits: TimeLimits<Workspaces["Type"]> = {
  version: limit,
  check: limit,
  acquire: limit,
  discard: limit,
  inspect: limit,
  merged: limit,
  remove: limit,
  acquireBase: limit,
  dropBase: limit,
  existing: limit
}

/** What git cannot tell in time is unknown; what changes something or shows it fails. */
export const keptWorkLimits: TimeLimits<KeptWork["Type"]> = {
  facts: { time, late: (time) => Effect.succeed<KeptFacts>({ ...NOTHING_KNOWN, why: noAnswer(time) }) },
  many: {
    time,
    late: (time, [clone]) =>
      Effect.as(
        Effect.logWarning(`git cannot tell what became of the branches in ${clone}: ${noAnswer(time)}`),
        new Map<string, BranchFacts>()
      )
  },
  diff: limit,
  pager: limit,
  merge: limit,
  push: limit,
  publish: limit,
  fetch: limit,
  unpublish: limit
}

/** What is not found in time is not found, and the log says so. */
export const existingWorkLimits: TimeLimits<ExistingWork["Type"]> = {
  find: {
    time,
    late: (time) =>
      Effect.as(
        Effect.logWarning(`cannot look for commits and branches of open bugs: ${noAnswer(time)}`),
        new Map() satisfies WorkByBug
      )
  }
}
