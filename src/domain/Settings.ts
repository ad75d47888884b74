import { Context, Either, Encoding, Option, Redacted, Schema } from "effect"
import { HostName, HostTag } from "./Host.ts"
import { Provider, ProviderChain, ProviderName } from "./Provider.ts"
import { ScheduleText } from "./schedule.ts"
import {
  backend,
  defaults,
  flag,
  postgresAddress,
  RemoteName,
  section,
  sizeAboveZero,
  text,
  words
} from "./settingFields.ts"
import {
  AlertSettings,
  EnvironmentSettings,
  HostGateSettings,
  IntakeSettings,
  LimitSettings,
  RetentionSettings,
  TimeoutSettings,
  VerifySettings
} from "./settingSections.ts"

export { MAX_PARALLEL } from "./settingSections.ts"

const provider = (name: string) => Provider.make({ name: ProviderName.make(name) })
const chain: ProviderChain = [provider("opencode"), provider("cc-glm"), provider("gemini")]

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
  /** The database of the journal: `postgres://user:password@host/database`. Else SQLite in the state directory. */
  journal: Schema.optional(postgresAddress),
  providers: Schema.optionalWith(ProviderChain, { default: () => chain }),
  /** Puts a provider whose jobs keep failing on probation. */
  providerHealth: flag(true),
  /** `auto`: where jobs run when a run ends, a watcher renews their claims and settles them; see `nightly-dispatch watch`. */
  watch: Schema.optionalWith(Schema.Literal("auto", "never"), { default: () => "auto" as const }),
  /** When cron starts runs. By it `status` and `report` judge what is late or missed. Else our line of the crontab tells. */
  schedule: Schema.optional(ScheduleText),
  intake: section(IntakeSettings),
  limits: section(LimitSettings),
  hostGate: section(HostGateSettings),
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
      /** Worktrees are made at `<root>/<issue>/<repo>`. Else below the state directory, but where dx-runner runs jobs: there it allows `/tmp/agents`. */
      root: Schema.optional(Schema.NonEmptyString),
      /** The branch or commit that work starts from; else the repository's default branch. */
      base: Schema.optional(Schema.NonEmptyString),
      /** The filters of the repository's git settings that may run in worktrees, besides `lfs`. */
      allowFilters: words,
      /** The remote of the clone to which the branch of work that waits for review is pushed. Not set: nothing is pushed. */
      push: Schema.optional(RemoteName)
    })
  ),
  verify: section(VerifySettings),
  prompt: section(
    Schema.Struct({
      /** A file with the text around the bug's report, instead of ours. */
      template: Schema.optional(Schema.NonEmptyString)
    })
  ),
  retention: section(RetentionSettings),
  environment: section(EnvironmentSettings),
  host: section(
    Schema.Struct({
      /** Names this machine where it has no id of its own, or one that it shares: a container of an image. */
      id: Schema.optional(Schema.NonEmptyString),
      /** The name of this host in claims, messages and views; else what the system says. */
      name: Schema.optional(HostName),
      /** What this host has and others may lack. Only where several hosts share a journal. */
      tags: Schema.optionalWith(Schema.Array(HostTag), { default: () => [] })
    })
  ),
  alerts: section(AlertSettings)
})
export type Settings = typeof Settings.Type

/** An address with a password, and the password: as it is written there, and as it is meant. */
const settingsSecretsAddress = (address: Redacted.Redacted): ReadonlyArray<string> => {
  const text = Redacted.value(address)
  const { password, searchParams } = new URL(text)
  const meant = Option.getOrElse(Either.getRight(Encoding.decodeUriComponent(password)), () => "")
  return [text, password, meant, searchParams.get("password") ?? ""].filter((secret) => secret !== "")
}

/**
 * What the settings hold of secrets: the addresses alerts are sent to, where anyone who knows one may post, what signs them, and the
 * address of the journal with its password.
 *
 * @example
 * settingsSecrets(settings) // what a log must not show
 */
export const settingsSecrets = ({ alerts, journal }: Settings): ReadonlyArray<string> => [
  ...[alerts.slack, alerts.webhook, alerts.webhookSecret, alerts.deadMan].filter((secret) => secret !== undefined),
  ...(journal === undefined ? [] : settingsSecretsAddress(journal))
]

/**
 * Whether anybody is told of anything.
 *
 * @example
 * hasChannel(defaultSettings) // false
 */
export const hasChannel = ({ alerts: { command, mail, slack, webhook } }: Settings): boolean =>
  command !== undefined || mail.length > 0 || slack !== undefined || webhook !== undefined

/**
 * The settings in force. Has a default, so it needs no layer; override it with `Layer.succeed(CurrentSettings, …)`.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provideService(CurrentSettings, { ...defaultSettings, repo: "shop" }))
 */
export class CurrentSettings extends Context.Reference<CurrentSettings>()("nightly-dispatch/CurrentSettings", {
  defaultValue: () => defaults(Settings)
}) {}
