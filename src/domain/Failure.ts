import { Schema } from "effect"
import type { DispatchFailureCode } from "./Blame.ts"
import { constant } from "./constantField.ts"
import { explained } from "./Explanation.ts"
import { AckTimedOut, PreflightFailed, ProviderUnavailable, RunnerFailed } from "./RunnerFailure.ts"
import { ClaimFailed, TrackerFailed } from "./TrackerFailure.ts"
import { WorkspaceFailed } from "./WorkspaceFailure.ts"

export { AckTimedOut, ClaimFailed, PreflightFailed, ProviderUnavailable, RunnerFailed, TrackerFailed, WorkspaceFailed }
export { ProviderAttempt } from "./RunnerFailure.ts"
export { WorkspaceFailureKind } from "./WorkspaceFailure.ts"

/**
 * The prompt file could not be written. The blame `issue` is a suspicion, as in `WorkspaceFailed`.
 *
 * @example
 * new PromptFailed({ detail: "no space left on device", blame: "host" })
 */
export class PromptFailed extends Schema.TaggedError<PromptFailed>()("PromptFailed", {
  detail: Schema.String,
  code: constant("runner_error"),
  blame: Schema.Literal("issue", "host")
}) {
  override get message(): string {
    return `prompt file: ${this.detail}`
  }
}

/**
 * The journal could not be read or written. A run does nothing that it cannot record, so it stops.
 *
 * @example
 * nightlyRunOrFail().pipe(Effect.catchTag("JournalFailed", ({ file, reason }) => Console.log(file, reason)))
 */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  /** The database's file or address (without a secret), or the state directory. */
  file: Schema.String,
  /**
   * `unusable`: the file cannot be opened, read or written. `corrupt`: it is damaged or no journal. `newer`: a later version
   * of this program made it. `illegal`: the step does not fit the journal's contents. `hung`: another run holds the run lock
   * long beyond its `timeouts.run`. `fenced`: this host was evicted or was still for too long, or another one has the
   * attempt: it may touch nothing outside. `taken`: another attempt at the bug is open.
   */
  reason: Schema.Literal("unusable", "corrupt", "newer", "illegal", "hung", "fenced", "taken"),
  detail: Schema.String,
  /** What to do about it; `undefined` if that is not known. */
  next: Schema.optional(Schema.String),
  code: constant("runner_error"),
  blame: constant("host")
}) {
  get what(): string {
    return this.detail
  }
  get where(): string {
    return `journal ${this.file}`
  }
  override get message(): string {
    return explained(this)
  }
}

/**
 * A defect, caught in one bug's dispatch so that it does not stop the others.
 *
 * @example
 * new UnexpectedFailure({ detail: "undefined is not a function" }).code // "unknown"
 */
export class UnexpectedFailure extends Schema.TaggedError<UnexpectedFailure>()("UnexpectedFailure", {
  detail: Schema.String,
  code: constant("unknown"),
  blame: constant("runner")
}) {
  override get message(): string {
    return `unexpected: ${this.detail}`
  }
}

/**
 * Everything that can end one dispatch.
 *
 * @example
 * Schema.is(DispatchError)(diskFull)
 */
export const DispatchError = Schema.Union(
  ClaimFailed,
  TrackerFailed,
  PreflightFailed,
  ProviderUnavailable,
  RunnerFailed,
  AckTimedOut,
  WorkspaceFailed,
  PromptFailed,
  JournalFailed,
  UnexpectedFailure
)
export type DispatchError = typeof DispatchError.Type

/**
 * The failure code of an error.
 *
 * @example
 * codeOf(new PromptFailed({ detail: "no space left on device", blame: "host" })) // "runner_error"
 */
export const codeOf = (error: DispatchError): DispatchFailureCode => error.code
