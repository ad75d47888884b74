import { Schema } from "effect"
import { JournalFailed, PreflightFailed, ProviderUnavailable, RunnerFailed } from "./Failure.ts"
import { Pause } from "./Pause.ts"
import { TemplateInvalid } from "./TemplateInvalid.ts"
import { oneLine } from "./Text.ts"
import { TrackerFailed } from "./TrackerFailure.ts"
import { WorkspaceFailed } from "./WorkspaceFailure.ts"

/**
 * Another run of the same state directory is active, so this run did nothing.
 *
 * @example
 * nightlyRunOrFail().pipe(Effect.catchTag("RunLocked", ({ holder }) => Console.log(holder)))
 */
export class RunLocked extends Schema.TaggedError<RunLocked>()("RunLocked", {
  /** Who holds the run lock, in words. */
  holder: Schema.String
}) {
  override get message(): string {
    return `another run is active (${this.holder})`
  }
}

/**
 * A person paused dispatching, so this run only settled.
 *
 * @example
 * nightlyRunOrFail().pipe(Effect.catchTag("RunPaused", ({ pause }) => Console.log(pause.reason)))
 */
export class RunPaused extends Schema.TaggedError<RunPaused>()("RunPaused", { pause: Pause }) {
  override get message(): string {
    return `dispatching is paused by ${this.pause.by}: ${this.pause.reason}`
  }
}

/**
 * The host lacks the room that a run needs: a place cannot be written, or has too little free space.
 *
 * @example
 * nightlyRunOrFail().pipe(Effect.catchTag("RoomLacking", ({ detail }) => Console.log(detail)))
 */
export class RoomLacking extends Schema.TaggedError<RoomLacking>()("RoomLacking", { detail: Schema.String }) {
  override get message(): string {
    return this.detail
  }
}

/**
 * A wrong setting: every bug would fail the same way, so none was begun.
 *
 * @example
 * Schema.is(SettingFailed)(runFailureOf(report.end)) // whether a setting must be changed
 */
export const SettingFailed = Schema.Union(WorkspaceFailed, RunnerFailed, PreflightFailed, TemplateInvalid)
export type SettingFailed = typeof SettingFailed.Type

/**
 * How a run ended. Where something kept it from its work, `error` is what did.
 *
 * `done`: it dispatched what it chose, as far as that could be; each bug's failure is among its outcomes. `locked`: another run is
 * active. `paused`: a person paused dispatching. `no_provider`: no provider took any bug. `tracker`: the bugs could not be
 * read. `config`: a setting is wrong. `state`: the journal failed, or the host lacks room. `interrupted`: the run was ended from
 * outside, and has rolled back; only the event `RunEnded` has that report. `unknown`: the reports of earlier versions do not say it.
 *
 * @example
 * // Learns how each run ended, also an interrupted one.
 * const ends = eventSink(({ event }) =>
 *   event._tag === "RunEnded" ? Console.log(event.report.end._tag, event.report.dispatched) : Effect.void
 * )
 * nightlyRun(options).pipe(Effect.provide(ends))
 */
export const RunEnd = Schema.Union(
  Schema.TaggedStruct("done", {}),
  Schema.TaggedStruct("locked", { error: RunLocked }),
  Schema.TaggedStruct("paused", { error: RunPaused }),
  Schema.TaggedStruct("no_provider", { error: ProviderUnavailable }),
  Schema.TaggedStruct("tracker", { error: TrackerFailed }),
  Schema.TaggedStruct("config", { error: SettingFailed }),
  Schema.TaggedStruct("state", { error: Schema.Union(JournalFailed, RoomLacking) }),
  Schema.TaggedStruct("interrupted", {}),
  Schema.TaggedStruct("unknown", {})
)
export type RunEnd = typeof RunEnd.Type

/**
 * The name of an end.
 *
 * @example
 * Schema.is(RunEndTag)("locked") // true
 */
export const RunEndTag = Schema.Literal(
  "done",
  "locked",
  "paused",
  "no_provider",
  "tracker",
  "config",
  "state",
  "interrupted",
  "unknown"
)
export type RunEndTag = RunEnd["_tag"]

/** What kept a run from its work. */
export type RunFailure = Extract<RunEnd, { readonly error: unknown }>["error"]

/**
 * What kept the run from its work; `undefined` if it was done or interrupted.
 *
 * @example
 * runFailureOf(report.end)?.message
 */
export const runFailureOf = (end: RunEnd): RunFailure | undefined => ("error" in end ? end.error : undefined)

/**
 * What was wrong, however the run ended. `unread`: the tracker has records that cannot be read and may be bugs to dispatch.
 * `failed`: a dispatch failed, or jobs did in a way that a person has to look at.
 *
 * @example
 * Schema.is(RunProblem)(report.problem)
 */
export const RunProblem = Schema.Literal("unread", "failed")
export type RunProblem = typeof RunProblem.Type

/**
 * One line for a run that did not look for bugs, could not, or was interrupted; `undefined` otherwise, or if the pause says why.
 *
 * @example
 * endInWords({ _tag: "done" }) // undefined
 */
export const endInWords = (end: RunEnd): string | undefined => {
  switch (end._tag) {
    case "locked":
    case "tracker":
    case "config":
    case "state":
      return oneLine(end.error.message)
    case "interrupted":
      return "the run was interrupted"
    case "done":
    case "paused":
    case "no_provider":
    case "unknown":
      return undefined
  }
}
