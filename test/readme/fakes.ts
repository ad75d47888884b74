import { Layer } from "effect"
import { DispatchIssue } from "../../src/index.ts"
import * as kit from "../../src/testing/index.ts"

const beads = kit.FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }] })
const faults = [kit.FakeRunner.on("start").delays("70 seconds")]
const runner = kit.FakeRunner.layer({ providers: { opencode: { broken: "no quota" } }, faults })
const places = Layer.mergeAll(kit.FakeJournal.layer(), kit.FakePrompts.layer(), kit.FakeWorkspaces.layer())
const services = Layer.mergeAll(beads, runner, kit.FakeVerifier.layer(), places)
export const night = DispatchIssue.layer.pipe(Layer.provideMerge(services))
