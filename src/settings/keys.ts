import { Record } from "effect"
import type { Settings } from "../domain/Settings.ts"

type Encoded = typeof Settings.Encoded
type Leaf = string | number | boolean | ReadonlyArray<unknown>
type KeysUnder<K extends keyof Encoded & string> =
  NonNullable<Encoded[K]> extends Leaf ? K : `${K}.${keyof NonNullable<Encoded[K]> & string}`

/** A setting's dotted key, e.g. `limits.maxParallel`. */
export type SettingsKey = { [K in keyof Encoded & string]-?: KeysUnder<K> }[keyof Encoded & string]

type Constant<S extends string> = S extends `${infer C}${infer Rest}`
  ? `${C extends "." ? "_" : C extends Lowercase<C> ? Uppercase<C> : `_${C}`}${Constant<Rest>}`
  : ""

/**
 * The kind of a setting's value, which decides how its text in the environment is parsed. A `path` may begin with `~` or
 * `$HOME` and is relative to the directory it was written in; a `program` is a path if it holds a `/`, else a name looked up
 * on PATH. A `secret` is never shown.
 */
export type Kind =
  | "name"
  | "text"
  | "path"
  | "program"
  | "secret"
  | "count"
  | "amount"
  | "priority"
  | "span"
  | "size"
  | "boolean"
  | "choice"
export type ListKind = "list" | "providers" | "variables" | "pairs"

/** Every setting and its variable. A missing or misspelt one does not compile. */
export const SETTINGS = {
  repo: { variable: "NIGHTLY_DISPATCH_REPO", kind: "name" },
  repoPath: { variable: "NIGHTLY_DISPATCH_REPO_PATH", kind: "path" },
  stateDir: { variable: "NIGHTLY_DISPATCH_STATE_DIR", kind: "path" },
  journal: { variable: "NIGHTLY_DISPATCH_JOURNAL", kind: "secret" },
  providers: { variable: "NIGHTLY_DISPATCH_PROVIDERS", kind: "providers" },
  providerHealth: { variable: "NIGHTLY_DISPATCH_PROVIDER_HEALTH", kind: "boolean" },
  watch: { variable: "NIGHTLY_DISPATCH_WATCH", kind: "choice" },
  schedule: { variable: "NIGHTLY_DISPATCH_SCHEDULE", kind: "text" },
  "intake.types": { variable: "NIGHTLY_DISPATCH_INTAKE_TYPES", kind: "list" },
  "intake.maxPriority": { variable: "NIGHTLY_DISPATCH_INTAKE_MAX_PRIORITY", kind: "priority" },
  "intake.includeLabels": { variable: "NIGHTLY_DISPATCH_INTAKE_INCLUDE_LABELS", kind: "list" },
  "intake.excludeLabels": { variable: "NIGHTLY_DISPATCH_INTAKE_EXCLUDE_LABELS", kind: "list" },
  "intake.hostTags": { variable: "NIGHTLY_DISPATCH_INTAKE_HOST_TAGS", kind: "pairs" },
  "intake.skipExistingWork": { variable: "NIGHTLY_DISPATCH_INTAKE_SKIP_EXISTING_WORK", kind: "boolean" },
  "limits.maxParallel": { variable: "NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL", kind: "count" },
  "limits.maxDispatches": { variable: "NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES", kind: "amount" },
  "limits.overloadThreshold": { variable: "NIGHTLY_DISPATCH_LIMITS_OVERLOAD_THRESHOLD", kind: "count" },
  "limits.maxAttempts": { variable: "NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS", kind: "count" },
  "limits.maxRuntime": { variable: "NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME", kind: "span" },
  "limits.warmUp": { variable: "NIGHTLY_DISPATCH_LIMITS_WARM_UP", kind: "span" },
  "limits.minFreeDisk": { variable: "NIGHTLY_DISPATCH_LIMITS_MIN_FREE_DISK", kind: "size" },
  "limits.minFreeInodes": { variable: "NIGHTLY_DISPATCH_LIMITS_MIN_FREE_INODES", kind: "amount" },
  "limits.jobsPerNight": { variable: "NIGHTLY_DISPATCH_LIMITS_JOBS_PER_NIGHT", kind: "count" },
  "limits.agentMinutesPerNight": { variable: "NIGHTLY_DISPATCH_LIMITS_AGENT_MINUTES_PER_NIGHT", kind: "count" },
  "limits.jobsPerBug": { variable: "NIGHTLY_DISPATCH_LIMITS_JOBS_PER_BUG", kind: "count" },
  "limits.agentMinutesPerBug": { variable: "NIGHTLY_DISPATCH_LIMITS_AGENT_MINUTES_PER_BUG", kind: "count" },
  "limits.tokensPerNight": { variable: "NIGHTLY_DISPATCH_LIMITS_TOKENS_PER_NIGHT", kind: "count" },
  "limits.costPerNight": { variable: "NIGHTLY_DISPATCH_LIMITS_COST_PER_NIGHT", kind: "amount" },
  "limits.budgetMode": { variable: "NIGHTLY_DISPATCH_LIMITS_BUDGET_MODE", kind: "choice" },
  "hostGate.maxLoadPerCore": { variable: "NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE", kind: "amount" },
  "hostGate.minFreeMemory": { variable: "NIGHTLY_DISPATCH_HOST_GATE_MIN_FREE_MEMORY", kind: "size" },
  "timeouts.beads": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_BEADS", kind: "span" },
  "timeouts.preflight": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT", kind: "span" },
  "timeouts.hedgeAfter": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_HEDGE_AFTER", kind: "span" },
  "timeouts.ack": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_ACK", kind: "span" },
  "timeouts.workspace": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE", kind: "span" },
  "timeouts.run": { variable: "NIGHTLY_DISPATCH_TIMEOUTS_RUN", kind: "span" },
  "beads.backend": { variable: "NIGHTLY_DISPATCH_BEADS_BACKEND", kind: "choice" },
  "beads.path": { variable: "NIGHTLY_DISPATCH_BEADS_PATH", kind: "program" },
  "beads.dir": { variable: "NIGHTLY_DISPATCH_BEADS_DIR", kind: "path" },
  "beads.allowMigration": { variable: "NIGHTLY_DISPATCH_BEADS_ALLOW_MIGRATION", kind: "boolean" },
  "beads.maxOutput": { variable: "NIGHTLY_DISPATCH_BEADS_MAX_OUTPUT", kind: "size" },
  "runner.backend": { variable: "NIGHTLY_DISPATCH_RUNNER_BACKEND", kind: "choice" },
  "runner.path": { variable: "NIGHTLY_DISPATCH_RUNNER_PATH", kind: "program" },
  "runner.requireCommit": { variable: "NIGHTLY_DISPATCH_RUNNER_REQUIRE_COMMIT", kind: "boolean" },
  "workspace.backend": { variable: "NIGHTLY_DISPATCH_WORKSPACE_BACKEND", kind: "choice" },
  "workspace.root": { variable: "NIGHTLY_DISPATCH_WORKSPACE_ROOT", kind: "path" },
  "workspace.base": { variable: "NIGHTLY_DISPATCH_WORKSPACE_BASE", kind: "text" },
  "workspace.allowFilters": { variable: "NIGHTLY_DISPATCH_WORKSPACE_ALLOW_FILTERS", kind: "list" },
  "workspace.push": { variable: "NIGHTLY_DISPATCH_WORKSPACE_PUSH", kind: "name" },
  "verify.command": { variable: "NIGHTLY_DISPATCH_VERIFY_COMMAND", kind: "list" },
  "verify.timeout": { variable: "NIGHTLY_DISPATCH_VERIFY_TIMEOUT", kind: "span" },
  "verify.before": { variable: "NIGHTLY_DISPATCH_VERIFY_BEFORE", kind: "boolean" },
  "prompt.template": { variable: "NIGHTLY_DISPATCH_PROMPT_TEMPLATE", kind: "path" },
  "retention.journal": { variable: "NIGHTLY_DISPATCH_RETENTION_JOURNAL", kind: "span" },
  "retention.logs": { variable: "NIGHTLY_DISPATCH_RETENTION_LOGS", kind: "span" },
  "retention.logSize": { variable: "NIGHTLY_DISPATCH_RETENTION_LOG_SIZE", kind: "size" },
  "environment.pass": { variable: "NIGHTLY_DISPATCH_ENVIRONMENT_PASS", kind: "variables" },
  "host.id": { variable: "NIGHTLY_DISPATCH_HOST_ID", kind: "text" },
  "host.name": { variable: "NIGHTLY_DISPATCH_HOST_NAME", kind: "text" },
  "host.tags": { variable: "NIGHTLY_DISPATCH_HOST_TAGS", kind: "list" },
  "alerts.slack": { variable: "NIGHTLY_DISPATCH_ALERTS_SLACK", kind: "secret" },
  "alerts.webhook": { variable: "NIGHTLY_DISPATCH_ALERTS_WEBHOOK", kind: "secret" },
  "alerts.webhookSecret": { variable: "NIGHTLY_DISPATCH_ALERTS_WEBHOOK_SECRET", kind: "secret" },
  "alerts.mail": { variable: "NIGHTLY_DISPATCH_ALERTS_MAIL", kind: "list" },
  "alerts.sendmail": { variable: "NIGHTLY_DISPATCH_ALERTS_SENDMAIL", kind: "program" },
  "alerts.command": { variable: "NIGHTLY_DISPATCH_ALERTS_COMMAND", kind: "list" },
  "alerts.kinds": { variable: "NIGHTLY_DISPATCH_ALERTS_KINDS", kind: "pairs" },
  "alerts.onFallback": { variable: "NIGHTLY_DISPATCH_ALERTS_ON_FALLBACK", kind: "boolean" },
  "alerts.onNoProvider": { variable: "NIGHTLY_DISPATCH_ALERTS_ON_NO_PROVIDER", kind: "boolean" },
  "alerts.onFailure": { variable: "NIGHTLY_DISPATCH_ALERTS_ON_FAILURE", kind: "boolean" },
  "alerts.repeatAfter": { variable: "NIGHTLY_DISPATCH_ALERTS_REPEAT_AFTER", kind: "span" },
  "alerts.reviewAfter": { variable: "NIGHTLY_DISPATCH_ALERTS_REVIEW_AFTER", kind: "span" },
  "alerts.quietHours": { variable: "NIGHTLY_DISPATCH_ALERTS_QUIET_HOURS", kind: "text" },
  "alerts.digestAt": { variable: "NIGHTLY_DISPATCH_ALERTS_DIGEST_AT", kind: "text" },
  "alerts.deadMan": { variable: "NIGHTLY_DISPATCH_ALERTS_DEAD_MAN", kind: "secret" }
} as const satisfies {
  readonly [K in SettingsKey]: {
    readonly variable: `NIGHTLY_DISPATCH_${Constant<K>}`
    readonly kind: Kind | ListKind
  }
}

/** Variables of ours that are not settings: the settings file, format and level of the log, and the file for metrics. */
export const OTHER_VARIABLES = [
  "NIGHTLY_DISPATCH_CONFIG",
  "NIGHTLY_DISPATCH_LOG_FORMAT",
  "NIGHTLY_DISPATCH_LOG_LEVEL",
  "NIGHTLY_DISPATCH_METRICS_FILE"
] as const

/** All keys, in the order of `config show`. */
export const SETTINGS_KEYS: ReadonlyArray<SettingsKey> = Record.keys(SETTINGS)

export const isSettingsKey = (text: string): text is SettingsKey => Object.hasOwn(SETTINGS, text)

/** The keys that hold other keys: `intake`, `limits`, … */
export const SECTIONS: ReadonlySet<string> = new Set(
  SETTINGS_KEYS.flatMap((key) => (key.includes(".") ? [key.slice(0, key.indexOf("."))] : []))
)

/** The keys that may stand under `path`, e.g. `maxParallel`, … under `["limits"]`. */
export const keysUnder = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> =>
  path.length === 0
    ? [...new Set(SETTINGS_KEYS.map((key) => key.split(".")[0] ?? key))]
    : SETTINGS_KEYS.flatMap((key) => (key.startsWith(`${String(path[0])}.`) ? [key.slice(key.indexOf(".") + 1)] : []))
