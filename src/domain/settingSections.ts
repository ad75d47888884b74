import { Schema } from "effect"
import { AlertKind, Telling } from "./AlertKind.ts"
import { HostTag } from "./Host.ts"
import { Priority } from "./Issue.ts"
import {
  amount,
  count,
  flag,
  size,
  sizeAboveZero,
  span,
  TimeOfDay,
  TimesOfDay,
  webAddress,
  words
} from "./settingFields.ts"
import { Span } from "./Span.ts"

/** Which bugs are dispatched. */
export const IntakeSettings = Schema.Struct({
  types: Schema.optionalWith(Schema.NonEmptyArray(Schema.NonEmptyString), { default: () => ["bug"] as const }),
  maxPriority: Schema.optionalWith(Priority, { default: () => Priority.make(1) }),
  /** If not empty, a bug needs one of these labels. */
  includeLabels: words,
  /** A bug with one of these labels is left alone. */
  excludeLabels: words,
  /** By a label, the tag that a host must have to get the bug: see `host.tags`. */
  hostTags: Schema.optionalWith(Schema.Record({ key: Schema.String, value: HostTag }), { default: () => ({}) }),
  /** Leave a bug alone for which work exists already: a commit, a branch of ours or an open pull request that names it. */
  skipExistingWork: flag(true)
})

/** `limits.maxParallel` where it is not set, after the warm-up. */
export const MAX_PARALLEL = 2

const budget = Schema.optional(Schema.Int.pipe(Schema.positive()))

/** How much a run may do, and a night. */
export const LimitSettings = Schema.Struct({
  /** Jobs and dispatches at the same time. Not set: `MAX_PARALLEL`, and one during the warm-up. */
  maxParallel: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** Dispatches in one run; with 0 it only settles. */
  maxDispatches: amount(3),
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
  minFreeInodes: amount(1000),
  /** The budgets of one night, and of one bug at its present task; see `Budget`. Not set: no budget. */
  jobsPerNight: budget,
  agentMinutesPerNight: budget,
  jobsPerBug: budget,
  agentMinutesPerBug: budget,
  /** As the agents report them. Those from a cache count, too. */
  tokensPerNight: budget,
  /** US dollars, as the agents report them. */
  costPerNight: Schema.optional(Schema.Finite.pipe(Schema.positive())),
  /** What becomes of a provider that does not report the tokens or the cost of which there is a budget. `hard`: it gets no job. */
  budgetMode: Schema.optionalWith(Schema.Literal("soft", "hard"), { default: () => "soft" as const })
})

/** When the host is too busy for one more job. An idle host passes the defaults by far: they hold back where a job could hardly go on. */
export const HostGateSettings = Schema.Struct({
  /** The load average of the last minute for each core of the host; 0 for no limit. */
  maxLoadPerCore: Schema.optionalWith(Schema.Finite.pipe(Schema.nonNegative()), { default: () => 4 }),
  /** MiB of memory that new programs can get, whatever is swapped out; 0 for no limit. */
  minFreeMemory: size(256)
})

/** How long a step may take. */
export const TimeoutSettings = Schema.Struct({
  /** One call of the tracker. */
  beads: span("30 seconds"),
  /** One preflight. The slowest one of opencode that we measured took 54 s. */
  preflight: span("60 seconds"),
  /** A preflight without an answer after this time lets the next provider's begin as well. Not set: each waits for the one before. */
  hedgeAfter: Schema.optional(Span),
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

/** How we check a job's work ourselves, whatever its agent says. */
export const VerifySettings = Schema.Struct({
  /** Runs in the worktree after a job that ended well, without a shell. Its exit code 0 means `verified=yes`. Not set: no check. */
  command: Schema.optional(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** How long one run of the command may take. */
  timeout: span("10 minutes"),
  /** Run it on the base as well, so that "failed before, passes now" can be said. */
  before: flag(false)
})

/** Who is told of what, and when. */
export const AlertSettings = Schema.Struct({
  /** An incoming webhook of Slack, or of what understands the same. */
  slack: Schema.optional(webAddress),
  /** An address that gets each message as JSON. */
  webhook: Schema.optional(webAddress),
  /** Signs what the webhook gets. */
  webhookSecret: Schema.optional(Schema.NonEmptyString),
  /** Addresses that get mail, by the host's `sendmail`. */
  mail: words,
  sendmail: Schema.optional(Schema.NonEmptyString),
  /** A program of the user's own. Gets each message as JSON on stdin. */
  command: Schema.optional(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** When alerts of these kinds are told, if not as usual. */
  kinds: Schema.optionalWith(Schema.partial(Schema.Record({ key: AlertKind, value: Telling })), {
    default: () => ({})
  }),
  onFallback: flag(true),
  onNoProvider: flag(true),
  onFailure: flag(true),
  /** What is still so is told again after this time. */
  repeatAfter: span("1 day"),
  /** Work that waits for a person longer than this is an alert. */
  reviewAfter: span("3 days"),
  /** Nothing but what stops the night is told in these hours, by the host's clock. */
  quietHours: Schema.optional(TimesOfDay),
  /** When the digest of the night is told, by the host's clock. Not set: there is none. */
  digestAt: Schema.optional(TimeOfDay),
  /** The heartbeat's address. */
  deadMan: Schema.optional(webAddress)
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
