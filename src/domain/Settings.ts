import { Context, Duration, Schema } from "effect"
import { Priority } from "./Issue.ts"
import { Provider, ProviderChain, ProviderName } from "./Provider.ts"
import { Span } from "./Span.ts"

const chain: ProviderChain = [
  Provider.make({ name: ProviderName.make("opencode") }),
  Provider.make({ name: ProviderName.make("cc-glm") }),
  Provider.make({ name: ProviderName.make("gemini") })
]

const span = (value: Duration.DurationInput) => Schema.optionalWith(Span, { default: () => Duration.decode(value) })
const count = (value: number) => Schema.optionalWith(Schema.Int.pipe(Schema.positive()), { default: () => value })
const amount = (value: number) => Schema.optionalWith(Schema.Int.pipe(Schema.nonNegative()), { default: () => value })
const words = (value: ReadonlyArray<string>) =>
  Schema.optionalWith(Schema.Array(Schema.NonEmptyString), { default: () => value })

/** Which issues are taken. */
export const IntakeSettings = Schema.Struct({
  types: Schema.optionalWith(Schema.NonEmptyArray(Schema.NonEmptyString), { default: () => ["bug"] as const }),
  maxPriority: Schema.optionalWith(Priority, { default: () => Priority.make(1) }),
  /** When not empty, an issue needs one of these. */
  includeLabels: words([]),
  /** An issue with one of these is left alone. */
  excludeLabels: words([])
})

/** How much may happen. */
export const LimitSettings = Schema.Struct({
  /** Dispatches under way at the same time. */
  maxParallel: count(2),
  /** Dispatches in one run. */
  maxDispatches: count(3),
  /** With more eligible bugs than this something is wrong with the world, and one dispatch a run is enough. */
  overloadThreshold: count(10),
  maxAttempts: count(3),
  /** How long a job may run; the runner enforces nothing by itself. */
  maxRuntime: span("120 minutes"),
  /** One dispatch at a time until this long after the first run, unless `maxParallel` was set by someone. */
  warmUp: span("48 hours"),
  /** MiB that a run wants to find free for its state, its temporary files and its worktrees; 0: it does not look. */
  minFreeDisk: amount(256),
  /** Files that a run wants to be able to make there; 0: it does not look. */
  minFreeInodes: amount(1000)
})

/** How long a step may take. */
export const TimeoutSettings = Schema.Struct({
  /** One call of the tracker. */
  beads: span("30 seconds"),
  /** One preflight; the worst case of opencode's was measured at 54 s. */
  preflight: span("60 seconds"),
  /** The acknowledgement itself. `start` repeats the preflight inside, so it may take `preflight + ack`. */
  ack: span("30 seconds"),
  /** Preparing one worktree, with its fetch. */
  workspace: span("120 seconds"),
  /** The whole run. Nothing is started that the rest of it cannot hold. */
  run: span("50 minutes")
})

/**
 * The longest that a runner's `start` may take: dx-runner repeats the preflight inside, before its acknowledgement.
 *
 * @example
 * Duration.format(startTimeout(defaultSettings.timeouts)) // "1m 30s"
 */
export const startTimeout = (timeouts: {
  readonly preflight: Duration.DurationInput
  readonly ack: Duration.DurationInput
}): Duration.Duration => Duration.sum(timeouts.preflight, timeouts.ack)

/**
 * The longest that one dispatch may take: preflight and acknowledgement, a worktree, and three calls of the tracker (re-read,
 * claim, read-back). What is left of `timeouts.run` must hold it.
 *
 * @example
 * Duration.format(longestDispatch(defaultSettings.timeouts)) // "5m"
 */
export const longestDispatch = (timeouts: typeof TimeoutSettings.Type): Duration.Duration =>
  Duration.sum(
    Duration.sum(timeouts.preflight, timeouts.ack),
    Duration.sum(timeouts.workspace, Duration.times(timeouts.beads, 3))
  )

const VariablePattern = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, {
    message: () => "expected the name of a variable, or the beginning of names with a * behind it"
  })
)

/** What the commands that we start find in their environment. */
export const EnvironmentSettings = Schema.Struct({
  /** Variables they are given besides the usual ones: names, or beginnings like `MY_*`. The alerts' addresses are never. */
  pass: Schema.optionalWith(Schema.Array(VariablePattern), { default: () => [] })
})

const defaults = <A, I>(struct: Schema.Schema<A, I>) => Schema.decodeUnknownSync(struct)({})
const section = <A, I>(struct: Schema.Schema<A, I>) => Schema.optionalWith(struct, { default: () => defaults(struct) })

/**
 * Everything that can be set. Decode with `onExcessProperty: "error"`, so that a mistyped key is named instead of
 * ignored. Every default is the migration spec's, or says where it comes from.
 *
 * @example
 * const settings = Schema.decodeUnknownSync(Settings)({ limits: { maxParallel: 1 } })
 */
export const Settings = Schema.Struct({
  /** The runner's `--repo`, and the name of the clone under `$HOME`. */
  repo: Schema.optional(Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/))),
  /** The clone that worktrees come from; else `$HOME/<repo>`; else the git repository of the working directory. */
  repoPath: Schema.optional(Schema.NonEmptyString),
  /** Where the dispatcher keeps what must outlive a run. */
  stateDir: Schema.optional(Schema.NonEmptyString),
  providers: Schema.optionalWith(ProviderChain, { default: () => chain }),
  /** A provider whose jobs keep failing is tried last, one job at a time, until one ends well or its failures are old. */
  providerHealth: Schema.optionalWith(Schema.Boolean, { default: () => true }),
  intake: section(IntakeSettings),
  limits: section(LimitSettings),
  timeouts: section(TimeoutSettings),
  beads: section(
    Schema.Struct({
      backend: Schema.optionalWith(Schema.Literal("auto", "bd", "jsonl"), { default: () => "auto" as const }),
      /** The `bd` executable: a name looked up on PATH, or a path. */
      path: Schema.optionalWith(Schema.NonEmptyString, { default: () => "bd" }),
      /** The `.beads` directory; else the nearest one at or above the repository. */
      dir: Schema.optional(Schema.NonEmptyString)
    })
  ),
  runner: section(
    Schema.Struct({
      backend: Schema.optionalWith(Schema.Literal("auto", "dx-runner", "local"), { default: () => "auto" as const }),
      /** The `dx-runner` executable; else `dx-runner` on PATH, else `~/agent-skills/scripts/dx-runner`. */
      path: Schema.optional(Schema.NonEmptyString),
      /** Ask the runner for a commit as proof of work, where it knows how. */
      requireCommit: Schema.optionalWith(Schema.Boolean, { default: () => false })
    })
  ),
  workspace: section(
    Schema.Struct({
      backend: Schema.optionalWith(Schema.Literal("auto", "dx-worktree", "git", "none"), {
        default: () => "auto" as const
      }),
      /** Worktrees are made at `<root>/<issue>/<repo>`. The runner allows `/tmp/agents`. */
      root: Schema.optionalWith(Schema.NonEmptyString, { default: () => "/tmp/agents" }),
      /** The branch or commit that work starts from; else the repository's default branch. */
      base: Schema.optional(Schema.NonEmptyString)
    })
  ),
  environment: section(EnvironmentSettings),
  alerts: section(
    Schema.Struct({
      slack: Schema.optional(Schema.NonEmptyString),
      onFallback: Schema.optionalWith(Schema.Boolean, { default: () => true }),
      onNoProvider: Schema.optionalWith(Schema.Boolean, { default: () => true }),
      onFailure: Schema.optionalWith(Schema.Boolean, { default: () => true }),
      repeatAfter: span("30 minutes"),
      deadMan: Schema.optional(Schema.NonEmptyString)
    })
  )
})
export type Settings = typeof Settings.Type

/** Where alerts go. Who knows such an address may write there, so these are secrets. */
export const alertAddresses = ({ alerts }: Settings): ReadonlyArray<string> =>
  [alerts.slack, alerts.deadMan].filter((address) => address !== undefined)

/** The settings a program gets when it says nothing. */
export const defaultSettings: Settings = defaults(Settings)

/** The settings in force. Has a default, so it needs no layer; override it with `Layer.succeed(CurrentSettings, …)`. */
export class CurrentSettings extends Context.Reference<CurrentSettings>()("nightly-dispatch/CurrentSettings", {
  defaultValue: () => defaultSettings
}) {}
