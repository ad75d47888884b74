import { Schema } from "effect"
import { Blame, DispatchFailureCode } from "./Blame.ts"
import { constant } from "./constantField.ts"
import { Needed } from "./Needed.ts"
import { ProviderName } from "./Provider.ts"

/**
 * A provider's preflight failed.
 *
 * @example
 * new PreflightFailed({ provider: provider.name, detail: "the model is unknown", lines: [], blame: "provider" })
 */
export class PreflightFailed extends Schema.TaggedError<PreflightFailed>()("PreflightFailed", {
  provider: ProviderName,
  /** One line an operator can act on, e.g. `Canonical model unavailable: zhipuai/glm-5.1`. */
  detail: Schema.String,
  /** Status lines of the preflight, for the log. */
  lines: Schema.Array(Schema.String),
  /** The runner's own `reason_code=` or `ERROR_CODE=`; `undefined` if it gave none. */
  reasonCode: Schema.optional(Schema.String),
  /** The runner's own advice; `undefined` if it gave none. */
  nextAction: Schema.optional(Schema.String),
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  freeAt: Schema.optional(Schema.JsonNumber),
  /** It does not work before a person has given it this. */
  needs: Schema.optional(Needed),
  code: constant("preflight_failed"),
  blame: Schema.Literal("provider", "host", "config")
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * Why one provider of the chain did not take the job.
 *
 * @example
 * ProviderAttempt.make({ provider: provider.name, code: "preflight_failed", reason: "no credit", capacity: false, durationMs: 40 })
 */
export const ProviderAttempt = Schema.Struct({
  provider: ProviderName,
  code: DispatchFailureCode,
  reason: Schema.String,
  /** The provider had no free place. That is no failure of the provider. */
  capacity: Schema.Boolean,
  durationMs: Schema.JsonNumber
})
export type ProviderAttempt = typeof ProviderAttempt.Type

/**
 * No provider of the chain took the job. `attempts` holds each provider's reason.
 *
 * @example
 * nightlyRunOrFail().pipe(
 *   Effect.catchTag("ProviderUnavailable", ({ attempts }) =>
 *     Effect.forEach(attempts, ({ provider, reason }) => Console.log(provider, reason))
 *   )
 * )
 */
export class ProviderUnavailable extends Schema.TaggedError<ProviderUnavailable>()("ProviderUnavailable", {
  attempts: Schema.Array(ProviderAttempt),
  code: constant("provider_unavailable"),
  blame: constant("provider")
}) {
  override get message(): string {
    return `no provider available: ${this.attempts.map((a) => `${a.provider}: ${a.reason}`).join("; ")}`
  }
}

/**
 * The runner refused or failed.
 *
 * @example
 * new RunnerFailed({ operation: "start", detail: "no free place", capacity: true, blame: "provider" })
 */
export class RunnerFailed extends Schema.TaggedError<RunnerFailed>()("RunnerFailed", {
  /** The failed operation, e.g. `start`, `report`. */
  operation: Schema.String,
  provider: Schema.optional(ProviderName),
  detail: Schema.String,
  exitCode: Schema.optional(Schema.Int),
  reasonCode: Schema.optional(Schema.String),
  nextAction: Schema.optional(Schema.String),
  /** The provider has no free place. The run tries the next provider, and no bug or provider gets a failure. */
  capacity: Schema.Boolean.pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => false)
  ),
  code: constant("runner_error"),
  blame: Blame
}) {
  override get message(): string {
    return this.nextAction === undefined ? this.detail : `${this.detail} (next: ${this.nextAction})`
  }
}

/**
 * `start` did not answer within `waitedMs` (milliseconds). `job` says what was found out about the job afterwards.
 *
 * @example
 * new AckTimedOut({ provider: provider.name, waitedMs: 30_000, job: "absent" }).message // "no acknowledgement within 30 s; …"
 */
export class AckTimedOut extends Schema.TaggedError<AckTimedOut>()("AckTimedOut", {
  provider: ProviderName,
  waitedMs: Schema.JsonNumber,
  /** `absent`: the runner knows no such job, so the claim is released. `uncertain`: the job may run, so the claim is kept. */
  job: Schema.Literal("absent", "uncertain"),
  detail: Schema.optional(Schema.String),
  code: constant("timeout"),
  blame: constant("runner")
}) {
  override get message(): string {
    const waited = `no acknowledgement${this.waitedMs < 1000 ? "" : ` within ${Math.round(this.waitedMs / 1000)} s`}`
    return this.job === "absent"
      ? `${waited}; the runner knows no such job`
      : `${waited}; the job may be running (${this.detail ?? "the runner cannot tell"}), claim and prompt are kept`
  }
}
