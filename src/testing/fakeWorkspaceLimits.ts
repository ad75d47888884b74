import { Effect, type Duration } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { noAnswer, type TimeLimits } from "./timeLimits.ts"

/** Each method has `timeouts.workspace`. To keep a workspace takes no command. */
const limit = {
  time: ({ workspace }: { readonly workspace: Duration.DurationInput }) => workspace,
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
