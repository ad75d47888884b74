import { Layer } from "effect"
import { DispatchIssue } from "../../src/index.ts"
import {
  FakeBeads,
  FakeJournal,
  FakePrompts,
  FakeRunner,
  FakeVerifier,
  FakeWorkspaces
} from "../../src/testing/index.ts"

const beads = FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }] })
const faults = [FakeRunner.on("start").delays("70 seconds")]
const runner = FakeRunner.layer({ providers: { opencode: { broken: "no quota" } }, faults })
const others = Layer.mergeAll(FakeJournal.layer(), FakePrompts.layer(), FakeVerifier.layer(), FakeWorkspaces.layer())
export const night = DispatchIssue.layer.pipe(Layer.provideMerge(Layer.mergeAll(beads, runner, others)))
