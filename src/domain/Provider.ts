import { Schema, type Duration } from "effect"

/**
 * The name of a coding-agent provider, e.g. `opencode`. Safe as an argument and as a path segment.
 *
 * @example
 * Schema.decodeUnknownSync(ProviderName)("opencode")
 */
export const ProviderName = Schema.String.pipe(
  Schema.pattern(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
    message: () => "a provider name is lower-case letters, digits, '_' and '-', e.g. opencode"
  }),
  Schema.brand("ProviderName")
)
export type ProviderName = typeof ProviderName.Type

/**
 * One provider of the chain.
 *
 * @example
 * Provider.make({ name: ProviderName.make("opencode"), maxParallel: 2 })
 */
export const Provider = Schema.Struct({
  name: ProviderName,
  /** The model to ask for; `undefined` leaves the choice to the runner. */
  model: Schema.optional(Schema.NonEmptyString),
  /**
   * For the local runner: the command to start instead of the built-in preset, one argument per element.
   * `{promptFile}`, `{prompt}`, `{worktree}` and `{model}` are replaced inside an element.
   */
  command: Schema.optional(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** For the local runner: how many jobs of this provider may run at once. */
  maxParallel: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /**
   * For the local runner, what a preflight asks. `binary`, the default: whether the tool is there and has credentials.
   * `model`: also the model itself, with one short question to the agent in an empty directory. That costs a call a run.
   */
  preflight: Schema.optional(Schema.Literal("binary", "model"))
})
export type Provider = typeof Provider.Type

/**
 * The providers in the order they are tried. Never empty: `Effect.firstSuccessOf` dies on an empty list.
 *
 * @example
 * Schema.decodeUnknownSync(ProviderChain)([{ name: "opencode" }, { name: "cc-glm" }])
 */
export const ProviderChain = Schema.NonEmptyArray(Provider)
export type ProviderChain = typeof ProviderChain.Type

/** The report of a preflight that passed. */
export interface PreflightReport {
  readonly provider: ProviderName
  /** Status lines worth logging at INFO: model availability, probes, binaries. One line each. */
  readonly lines: ReadonlyArray<string>
  /** Problems that do not keep the provider from working. */
  readonly warnings: ReadonlyArray<string>
  /** Why the provider may not work although its preflight passed: a probe of its model had no answer. */
  readonly doubt?: string | undefined
  readonly duration: Duration.Duration
}
