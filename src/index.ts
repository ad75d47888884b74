/**
 * The unattended dispatcher as a library: the pipeline, its services, and the layers that join them to the real tools.
 *
 * `nightlyRun` is a whole run, `dispatchIssue` the dispatch of one bug. Provide `layerConfig()` or `layer(settings, surroundings)`
 * for the real tools, with services of your own where you have them, or the fakes of `nightly-dispatch/testing`.
 *
 * @module nightly-dispatch
 */
export { Channels, SEND_TIME, type Channel } from "./alerts/Channel.ts"
export * as AlertChannels from "./alerts/channels/channels.ts"
export * as CommandChannel from "./alerts/channels/command.ts"
export * as MailChannel from "./alerts/channels/mail.ts"
export * as SlackChannel from "./alerts/channels/slack.ts"
export * as WebhookChannel from "./alerts/channels/webhook.ts"
export { WebhookMessage } from "./alerts/channels/WebhookMessage.ts"
export { Heartbeat, HEARTBEAT_TIME } from "./alerts/Heartbeat.ts"
export * as HttpHeartbeat from "./alerts/http/HttpHeartbeat.ts"
export { textOf, type Reading } from "./alerts/messageText.ts"
export { SendFailed } from "./alerts/SendFailed.ts"
export { BeadsCli, type Beads } from "./beads/BeadsCli.ts"
export { claimStateOf, isOurs, notOurs, type ClaimState } from "./beads/claimState.ts"
export { isWanted, othersIn } from "./beads/intake.ts"
export * as BdBeads from "./beads/bd/imported.ts"
export * as JsonlBeads from "./beads/jsonl/imported.ts"
export { selectProvider } from "./dispatch/providers/chain.ts"
export { dispatchIssue } from "./dispatch/attempt/dispatchIssue.ts"
export * as DispatchIssue from "./dispatch/attempt/dispatchIssue.ts"
export { Dispatcher, type RunContext } from "./dispatch/attempt/Dispatcher.ts"
export * as DryRun from "./dispatch/attempt/dryRun.ts"
export { EXIT, exitOf, noProviderIn, problemIn } from "./domain/exitCode.ts"
export { nightlyRun, nightlyRunOrFail } from "./dispatch/nightlyRun.ts"
export { shadowRun } from "./dispatch/shadow/shadowRun.ts"
export { plan, type Plan, type PlanInput } from "./dispatch/plan/plan.ts"
export { prune, type PruneBounds, type PruneFailed } from "./dispatch/prune/prune.ts"
export { makeProviderPool, type ProviderPool } from "./dispatch/providers/ProviderPool.ts"
export { HostGate } from "./host/HostGate.ts"
export { Room } from "./host/Room.ts"
export { signature } from "./dispatch/plan/signature.ts"
export { settleEarlier, type Part, type SettleReport } from "./dispatch/settle/settleEarlier.ts"
export * from "./domain/Ack.ts"
export * from "./domain/Actor.ts"
export * from "./domain/AlertKind.ts"
export * from "./domain/Attempt.ts"
export * from "./domain/attemptSteps.ts"
export * from "./domain/Blame.ts"
export * from "./domain/Claim.ts"
export { Condition, OpenCondition } from "./domain/Condition.ts"
export { digest, taskDigest, type Task } from "./domain/digest.ts"
export * from "./domain/eligibility.ts"
export * from "./domain/Event.ts"
export { LogEvent, levelOf, lineOf } from "./domain/eventLine.ts"
export { BEHIND, emit, Events, eventSink, makeEvents, type EventBus, type Published } from "./domain/Events.ts"
export { ErrorDocument, explained, type Explanation } from "./domain/Explanation.ts"
export * from "./domain/Failure.ts"
export * from "./domain/FoundWork.ts"
export * from "./domain/Health.ts"
export * from "./domain/History.ts"
export { evictionInWords, type Eviction } from "./domain/Eviction.ts"
export * from "./domain/Host.ts"
export { HostChange, HostsReport } from "./domain/HostsReport.ts"
export * from "./domain/Identity.ts"
export * from "./domain/Ids.ts"
export * from "./domain/Issue.ts"
export * from "./domain/Job.ts"
export * from "./domain/JobEnd.ts"
export { JournalCopy } from "./domain/JournalCopy.ts"
export { JobResult, resultInWords } from "./domain/JobResult.ts"
export { Pushed, PushedWork, pushedOf, pushInWords } from "./domain/PushedWork.ts"
export * from "./domain/Message.ts"
export * from "./domain/Outcome.ts"
export * from "./domain/Pause.ts"
export { PlanPolicy, noPolicy, type Policy } from "./domain/PlanPolicy.ts"
export * from "./domain/ProcessIdentity.ts"
export * from "./domain/PromptFile.ts"
export * from "./domain/PruneReport.ts"
export * from "./domain/Provider.ts"
export { knowing, Redact, redactor, redactOutput, type Redactor } from "./domain/Redaction.ts"
export { withRedactedLogs } from "./domain/redactedLogs.ts"
export { secretsIn } from "./domain/environmentSecrets.ts"
export * from "./domain/Repository.ts"
export * from "./domain/Retry.ts"
export * from "./domain/ReviewDecision.ts"
export * from "./domain/RunEnd.ts"
export * from "./domain/RunOptions.ts"
export * from "./domain/RunReport.ts"
export { defaultSettings } from "./domain/defaultSettings.ts"
export * from "./domain/Settings.ts"
export { TemplateInvalid } from "./domain/TemplateInvalid.ts"
export * from "./domain/ShadowRun.ts"
export { Size } from "./domain/Size.ts"
export { Span } from "./domain/Span.ts"
export { oneLine } from "./domain/Text.ts"
export * from "./domain/Watching.ts"
export * from "./domain/Workspace.ts"
export { Diagnosis, Finding } from "./cli/doctor/Finding.ts"
export { childEnvironment, USUAL_VARIABLES, type EnvironmentPolicy, type Tool } from "./exec/childEnvironment.ts"
export {
  Exec,
  ExecNotStarted,
  ExecOutputTooLarge,
  ExecTimedOut,
  type ExecError,
  type ExecResult,
  type ExecSpec,
  type ForegroundSpec,
  type GatedSpec,
  type LaunchSpec
} from "./exec/Exec.ts"
export * as NodeExec from "./exec/NodeExec.ts"
export * as HostLoad from "./host/HostLoad.ts"
export * as HostRoom from "./host/HostRoom.ts"
export { Fleet, type Tenure } from "./journal/Fleet.ts"
export { OtherTracker } from "./journal/identity.ts"
export { Notice, Journal, PrunedRecords, type PruneCut, type RunBegun } from "./journal/Journal.ts"
export {
  JournalQueries,
  type AttemptFacts,
  type CheckFacts,
  type OutcomeFacts,
  type RefusalFacts,
  type RunFacts,
  type StepFacts,
  type Window
} from "./journal/JournalQueries.ts"
export {
  GIVE_UP_AFTER,
  MOST_WAITING,
  NEWEST_KEPT,
  NotSentReason,
  Outbox,
  SEND_LEASE,
  type Compared,
  type NotSent,
  type Queued,
  type Taken,
  type Waiting
} from "./journal/Outbox.ts"
export { FirstRun } from "./journal/FirstRun.ts"
export * as FirstRunFile from "./journal/FirstRunFile.ts"
export * as PostgresJournal from "./journal/postgres/imported.ts"
export * as SqliteJournal from "./journal/sqlite/imported.ts"
export { Need, NeedKind } from "./report/needs/Need.ts"
export * from "./report/report/reportSchema.ts"
export { reportView } from "./report/report/reportView.ts"
export * from "./report/shadow/shadowSchema.ts"
export { compare, figuresOf, type CompareInput } from "./report/shadow/compare.ts"
export type { ReportInput } from "./report/report/reportInput.ts"
export { HostStatusView } from "./report/status/hostStatus.ts"
export { StatusView } from "./report/status/statusView.ts"
export { dryLayer, layer, services, shadowLayer, viewLayer, type LayerServices, type Services } from "./layer.ts"
export { alertChannels, heartbeat } from "./lazyLayers.ts"
export { fixPrompt, type FixPromptInput } from "./prompt/fixPrompt.ts"
export {
  parseTemplate,
  PLACEHOLDERS,
  PromptTemplate,
  type Placeholder,
  type Template,
  type TemplateContext,
  type TemplateFunction
} from "./prompt/template.ts"
export { readTemplate } from "./prompt/templateFile.ts"
export * as PromptFiles from "./prompt/files/imported.ts"
export { PromptStore, type ReleasedClaims, type SweepScope } from "./prompt/PromptStore.ts"
export { DxRunner, type Capacity, type JobLog, type JobRequest, type JobTrace, type Ships } from "./runner/DxRunner.ts"
export * as DxRunnerCli from "./runner/dx/imported.ts"
export * as LocalRunner from "./runner/local/importedRunner.ts"
export * as LocalVerifier from "./runner/local/importedVerifier.ts"
export { Verifier, type Check, type CheckRequest } from "./runner/Verifier.ts"
export { ReviewView, WaitingWork } from "./report/review/reviewView.ts"
export { ExplainView } from "./report/explain/view.ts"
export { counting, eventMetrics } from "./telemetry/counting.ts"
export { newRunId } from "./domain/newRunId.ts"
export { RunPlace } from "./domain/RunPlace.ts"
export { findState, newRun, repositoryOf } from "./locate.ts"
export { layerConfig, loadSettings, type LayerConfigOptions, type LoadOptions } from "./layerConfig.ts"
export type { LoadedSettings } from "./settings/load.ts"
export { ConfigInvalid, type Place, type Problem } from "./settings/problems.ts"
export { logs, type LogOptions } from "./log/logs.ts"
export type { LogFormat } from "./log/logger.ts"
export { makeLeaseKeeper, type LeaseKeeper } from "./dispatch/claims/leases.ts"
export { withLimits } from "./dispatch/limits/limitedServices.ts"
export { settleNow } from "./dispatch/settle/settleNow.ts"
export type { KnownParts, PartErrors, Parts } from "./layerParts.ts"
export type { StatePlace } from "./statePlace.ts"
export { surroundingsHere, type Surroundings } from "./surroundings.ts"
export * as DxWorktrees from "./workspace/dx/imported.ts"
export * as GitWorktrees from "./workspace/git/imported.ts"
export * as NoWorktrees from "./workspace/importedNone.ts"
export { ExistingWork, type SoughtBug, type WorkByBug } from "./workspace/ExistingWork.ts"
export * as GitExistingWork from "./workspace/existing/imported.ts"
export {
  KeptWork,
  type BranchFacts,
  type KeptBranch,
  type KeptCommit,
  type KeptDiff,
  type KeptFacts,
  type Merge,
  type PushedBranch,
  type Unpublished
} from "./workspace/KeptWork.ts"
export * as GitKeptWork from "./workspace/kept/imported.ts"
export { Workspaces } from "./workspace/Workspaces.ts"
export { watch, WatchEnd, type WatchOptions, type WatchReport } from "./watch/watch.ts"
