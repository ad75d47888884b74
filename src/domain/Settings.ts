import { Context, Duration, Schema } from "effect"
import { Priority } from "./Issue.ts"
import { Provider, ProviderChain, ProviderName } from "./Provider.ts"
import { Size } from "./Size.ts"
import { Span } from "./Span.ts"

const provider = (name: string) => Provider.make({ name: ProviderName.make(name) })
const chain: ProviderChain = [provider("opencode"), provider("cc-glm"), provider("gemini")]

const span = (value: Duration.DurationInput) => Schema.optionalWith(Span, { default: () => Duration.decode(value) })
const count = (value: number) => Schema.optionalWith(Schema.Int.pipe(Schema.positive()), { default: () => value })
const amount = (value: number) => Schema.optionalWith(Schema.Int.pipe(Schema.nonNegative()), { default: () => value })
const size = (value: number) => Schema.optionalWith(Size, { default: () => value })
const sizeAboveZero = (value: number) => Schema.optionalWith(Size.pipe(Schema.positive()), { default: () => value })
const flag = (value: boolean) => Schema.optionalWith(Schema.Boolean, { default: () => value })
const text = (value: string) => Schema.optionalWith(Schema.NonEmptyString, { default: () => value })
const words = Schema.optionalWith(Schema.Array(Schema.NonEmptyString), { default: () => [] })
const backend = <Names extends ReadonlyArray<string>>(...names: Names) =>
  Schema.optionalWith(Schema.Literal("auto", ...names), { default: () => "auto" as const })

/** Which bugs are dispatched. */
export const IntakeSettings = Schema.Struct({
  types: Schema.optionalWith(Schema.NonEmptyArray(Schema.NonEmptyString), { default: () => ["bug"] as const }),
  maxPriority: Schema.optionalWith(Priority, { default: () => Priority.make(1) }),
  /** If not empty, a bug needs one of these labels. */
  includeLabels: words,
  /** A bug with one of these labels is left alone. */
  excludeLabels: words
})

/** How much a run may do. */
export const LimitSettings = Schema.Struct({
  /** Jobs and dispatches at the same time. */
  maxParallel: count(2),
  /** Dispatches in one run. */
  maxDispatches: count(3),
  /** More eligible bugs than this point to one common cause, so the run dispatches only one. */
  overloadThreshold: count(10),
  maxAttempts: count(3),
  /** How long a job may run. Runs enforce this; the runner does not. */
  maxRuntime: span("120 minutes"),
  /** One dispatch at a time until this long after the first run, unless `maxParallel` is set. */
  warmUp: span("48 hours"),
  /** MiB that must be free for state, temporary files and worktrees; 0 turns the check off. */
  minFreeDisk: size(256),
  /** Inodes that must be free there; 0 turns the check off. */
  minFreeInodes: amount(1000)
})

/** How long a step may take. */
export const TimeoutSettings = Schema.Struct({
  /** One call of the tracker. */
  beads: span("30 seconds"),
  /** One preflight. The slowest one of opencode that we measured took 54 s. */
  preflight: span("60 seconds"),
  /** The acknowledgement itself: see `startTimeout`. */
  ack: span("30 seconds"),
  /** Preparing one worktree, with its fetch. */
  workspace: span("120 seconds"),
  /** The whole run. A dispatch is not started if the time left cannot hold it. */
  run: span("50 minutes")
})

/** How long what is done is kept. What is open, or waits for a person, is kept for as long as it is. */
export const RetentionSettings = Schema.Struct({
  /** Runs and settled attempts in the journal. */
  journal: span("400 days"),
  /** The logs of ended jobs, and worktrees without work. */
  logs: span("60 days"),
  /** MiB that the log of one job may have. */
  logSize: sizeAboveZero(50)
})

const VariablePattern = Schema.String.pipe(
  Schema.pattern(/^(?!GIT_)[A-Za-z_][A-Za-z0-9_]*\*?$/, {
    message: () =>
      "expected the name of a variable, or the beginning of names with a * behind it; git's own (GIT_*) belong in ~/.gitconfig"
  })
)

/** The environment of agents, and of dx-runner, which starts agents. */
export const EnvironmentSettings = Schema.Struct({
  /** More variables to pass on: names, or prefixes like `MY_*`. Alert addresses and `GIT_*` are never passed, even if listed. */
  pass: Schema.optionalWith(Schema.Array(VariablePattern), { default: () => [] })
})

const defaults = <A, I>(struct: Schema.Schema<A, I>) => Schema.decodeUnknownSync(struct)({})
const section = <A, I>(struct: Schema.Schema<A, I>) => Schema.optionalWith(struct, { default: () => defaults(struct) })

/**
 * Everything that can be set. Decode with `onExcessProperty: "error"`, so that a mistyped key is named instead of
 * ignored.
 *
 * @example
 * const settings = Schema.decodeUnknownSync(Settings)({ limits: { maxParallel: 1 } })
 */
export const Settings = Schema.Struct({
  /** The runner's `--repo`, and the name of the clone under `$HOME`. */
  repo: Schema.optional(Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/))),
  /** The clone that worktrees come from; else `$HOME/<repo>`; else the git repository of the working directory. */
  repoPath: Schema.optional(Schema.NonEmptyString),
  /** The state directory: journal, lock and local jobs. */
  stateDir: Schema.optional(Schema.NonEmptyString),
  providers: Schema.optionalWith(ProviderChain, { default: () => chain }),
  /** Puts a provider whose jobs keep failing on probation. */
  providerHealth: flag(true),
  /** `auto`: where jobs run when a run ends, a watcher renews their claims and settles them; see `nightly-dispatch watch`. */
  watch: Schema.optionalWith(Schema.Literal("auto", "never"), { default: () => "auto" as const }),
  intake: section(IntakeSettings),
  limits: section(LimitSettings),
  timeouts: section(TimeoutSettings),
  beads: section(
    Schema.Struct({
      backend: backend("bd", "jsonl"),
      /** The `bd` executable: a name looked up on PATH, or a path. */
      path: text("bd"),
      /** The `.beads` directory; else the nearest one at or above the repository. */
      dir: Schema.optional(Schema.NonEmptyString),
      /** Let a newer bd migrate the store. Older ones refuse it afterwards, on every client. */
      allowMigration: flag(false),
      /** MiB that one call of bd may print. */
      maxOutput: sizeAboveZero(32)
    })
  ),
  runner: section(
    Schema.Struct({
      backend: backend("dx-runner", "local"),
      /** The `dx-runner` executable; else `dx-runner` on PATH, else `~/agent-skills/scripts/dx-runner`. */
      path: Schema.optional(Schema.NonEmptyString),
      /** Ask the runner for a commit as proof of work, where it knows how. */
      requireCommit: flag(false)
    })
  ),
  workspace: section(
    Schema.Struct({
      backend: backend("dx-worktree", "git", "none"),
      /** Worktrees are made at `<root>/<issue>/<repo>`. The runner allows `/tmp/agents`. */
      root: text("/tmp/agents"),
      /** The branch or commit that work starts from; else the repository's default branch. */
      base: Schema.optional(Schema.NonEmptyString),
      /** The filters of the repository's git settings that may run in worktrees, besides `lfs`. */
      allowFilters: words
    })
  ),
  retention: section(RetentionSettings),
  environment: section(EnvironmentSettings),
  host: section(
    Schema.Struct({
      /** Names this machine where it has no id of its own, or one that it shares: a container of an image. */
      id: Schema.optional(Schema.NonEmptyString)
    })
  ),
  alerts: section(
    Schema.Struct({
      slack: Schema.optional(Schema.NonEmptyString),
      onFallback: flag(true),
      onNoProvider: flag(true),
      onFailure: flag(true),
      repeatAfter: span("30 minutes"),
      deadMan: Schema.optional(Schema.NonEmptyString)
    })
  )
})
export type Settings = typeof Settings.Type

/** The addresses alerts are sent to. They are secrets: anyone who knows one may post there. */
export const alertAddresses = ({ alerts }: Settings): ReadonlyArray<string> =>
  [alerts.slack, alerts.deadMan].filter((address) => address !== undefined)

/** The defaults. */
export const defaultSettings: Settings = defaults(Settings)

/** The settings in force. Has a default, so it needs no layer; override it with `Layer.succeed(CurrentSettings, …)`. */
export class CurrentSettings extends Context.Reference<CurrentSettings>()("nightly-dispatch/CurrentSettings", {
  defaultValue: () => defaultSettings
}) {}
