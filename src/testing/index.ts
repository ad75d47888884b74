/**
 * The public test kit, `nightly-dispatch/testing`: a stateful fake of every service, which depends on `effect` only.
 *
 * `FakeX.layer(script)` provides the service and `FakeXState`: the state of the fake, every call it got, and methods that
 * change the state as other people and programs would. Each build of a layer has a state of its own. `FakeX.on` and
 * `FakeX.after` make a method fail, wait, hang, die or give a false answer; see `faultsOf` in `faults.ts`.
 *
 * @module nightly-dispatch/testing
 * @example
 * import { FakeBeads, FakeBeadsState } from "nightly-dispatch/testing"
 *
 * const world = FakeBeads.layer({
 *   issues: [{ id: "bd-1", priority: 0 }],
 *   faults: [FakeBeads.after("claim").hangs()] // the claim is made, but claim never answers
 * })
 * const calls = Effect.flatMap(FakeBeadsState, (state) => state.calls)
 */
export * as arbitrary from "./arbitrary.ts"
export { CallLog, type LoggedCall } from "./CallLog.ts"
export type { BeadsWorld, SeedIssue } from "./contract/beadsWorld.ts"
export * as contract from "./contract/index.ts"
export type { ExistingWorkWorld } from "./contract/existingWork.ts"
export type { ForegroundWorld } from "./contract/foreground.ts"
export type { JournalWorld } from "./contract/journalWorld.ts"
export type { OutboxWorld } from "./contract/outboxWorld.ts"
export type { PromptWorld } from "./contract/promptWorld.ts"
export type { QueriesWorld } from "./contract/queriesWorld.ts"
export type { Background, ProviderKind, RunnerWorld } from "./contract/runnerWorld.ts"
export type { ShippingWorld } from "./contract/shipping.ts"
export type { Contract, ContractTest, TestResult } from "./contract/suite.ts"
export type { CheckKind, VerifierWorld } from "./contract/verifierWorld.ts"
export type { WorkspaceWorld } from "./contract/workspaceWorld.ts"
export {
  noAttemptWithoutJob,
  noClaimWithoutJob,
  noJobWithoutClaim,
  noPromptWithoutJob,
  nothingLeft,
  noWorktreeWithoutJob
} from "./expectations.ts"
export { fakeAttempt, type FakeAttempt } from "./fakeAttempts.ts"
export * as FakeBeads from "./FakeBeads.ts"
export { FakeBeadsState } from "./FakeBeads.ts"
export * as FakeExec from "./FakeExec.ts"
export { FakeExecState } from "./FakeExec.ts"
export * as FakeExistingWork from "./FakeExistingWork.ts"
export { FakeExistingWorkState } from "./FakeExistingWork.ts"
export * as FakeJournal from "./FakeJournal.ts"
export { FakeJournalState } from "./FakeJournal.ts"
export * as FakeKeptWork from "./FakeKeptWork.ts"
export { FakeKeptWorkState } from "./FakeKeptWork.ts"
export * as FakeOutbox from "./FakeOutbox.ts"
export { FakeOutboxState } from "./FakeOutbox.ts"
export * as FakePrompts from "./FakePrompts.ts"
export { FakePromptsState } from "./FakePrompts.ts"
export * as FakeRunner from "./FakeRunner.ts"
export { FakeRunnerState } from "./FakeRunner.ts"
export * as FakeVerifier from "./FakeVerifier.ts"
export { FakeVerifierState } from "./FakeVerifier.ts"
export * as FakeWorkspaces from "./FakeWorkspaces.ts"
export { FakeWorkspacesState } from "./FakeWorkspaces.ts"
export { largeJournal } from "./largeJournal.ts"
export type { LargeJournal } from "./largeJournalParts.ts"
export type { Call, CallOf, FakeControls, Fault, FaultMaker, FaultOf, FaultsOn } from "./faults.ts"
export { during, World, world, type WorldFaults, type WorldScript } from "./world.ts"
