import { Schema } from "effect"

/**
 * The failure codes. Monitoring filters by these six words, so do not change them.
 *
 * @example
 * Schema.is(DispatchFailureCode)("timeout") // true
 */
export const DispatchFailureCode = Schema.Literal(
  "claim_failed",
  "preflight_failed",
  "provider_unavailable",
  "runner_error",
  "timeout",
  "unknown"
)
export type DispatchFailureCode = typeof DispatchFailureCode.Type

/**
 * Whose fault a failure is. Only `provider` moves on to the next provider. A failed job with `issue` is charged against its bug.
 * `host` and `config` stop the run, because the next bug would fail the same way.
 *
 * @example
 * Schema.is(Blame)("provider") // true
 */
export const Blame = Schema.Literal("issue", "provider", "runner", "tracker", "host", "config")
export type Blame = typeof Blame.Type

/**
 * Whether the next provider may be tried after this error.
 *
 * @example
 * movesOn({ blame: "provider" }) // true
 */
export const movesOn = (error: { readonly blame: Blame }): boolean => error.blame === "provider"

/**
 * Whether the run stops after this error, because the next bug would fail the same way.
 *
 * @example
 * stopsRun({ blame: "host" }) // true
 */
export const stopsRun = (error: { readonly blame: Blame }): boolean =>
  error.blame === "host" || error.blame === "config"
