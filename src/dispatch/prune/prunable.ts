import { Effect } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner, type JobLog } from "../../runner/DxRunner.ts"
import { Verifier } from "../../runner/Verifier.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { ages } from "./ages.ts"
import type { OldLog } from "./pruneBug.ts"

/** The bugs that own something old, each with its old logs. Asks neither the tracker nor dx-runner. */
export const prunable = Effect.fn("prune.find")(function* ({ repository }: Pick<RunOptions, "repository">) {
  const [journal, runner, verifier, workspaces, old] = yield* Effect.all([
    Journal,
    DxRunner,
    Verifier,
    Workspaces,
    ages
  ])
  const bugs = new Map<BeadsId, Array<OldLog>>()
  for (const id of yield* journal.prunable(old.records)) bugs.set(id, [])
  for (const id of yield* workspaces.existing(repository)) {
    const attempts = yield* journal.of(id)
    // Without an attempt nothing tells what the worktree began with.
    const isOld = attempts.every(({ phase, updatedAt }) => phase === "settled" && updatedAt < old.logs)
    if (attempts.length > 0 && isOld) bugs.set(id, [])
  }
  const add = (of: OldLog["of"], logs: ReadonlyArray<JobLog>) => {
    for (const log of logs) bugs.set(log.beads, [...(bugs.get(log.beads) ?? []), { of, log }])
  }
  add("job", yield* runner.oldLogs(old.logs))
  add("check", yield* verifier.oldLogs(old.logs))
  return [...bugs].map(([id, logs]) => ({ id, logs }))
})
