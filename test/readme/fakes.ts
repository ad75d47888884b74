import { Layer } from "effect"
import { DispatchIssue } from "../../src/index.ts"
import { FakeBeads, FakeJournal, FakePrompts, FakeRunner, FakeWorkspaces } from "../../src/testing/index.ts"

export const night = DispatchIssue.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }] }),
      FakeRunner.layer({
        providers: { opencode: { broken: "no quota" } },
        faults: [FakeRunner.on("start").delays("70 seconds")]
      }),
      FakeJournal.layer(),
      FakePrompts.layer(),
      FakeWorkspaces.layer()
    )
  )
)
