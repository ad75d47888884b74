import { Effect, Struct } from "effect"

/** Where each command is, in the order in which help lists them. Only those that a command line names are loaded. */
const COMMANDS = {
  run: () => import("./commands/run.ts").then(({ runCommand }) => runCommand),
  settle: () => import("./commands/settle.ts").then(({ settleCommand }) => settleCommand),
  watch: () => import("./commands/watch.ts").then(({ watchCommand }) => watchCommand),
  preflight: () => import("./commands/preflight.ts").then(({ preflightCommand }) => preflightCommand),
  doctor: () => import("./commands/doctor.ts").then(({ doctorCommand }) => doctorCommand),
  claim: () => import("./commands/claim.ts").then(({ claimCommand }) => claimCommand),
  release: () => import("./commands/release.ts").then(({ releaseCommand }) => releaseCommand),
  retry: () => import("./commands/retry.ts").then(({ retryCommand }) => retryCommand),
  pause: () => import("./commands/pause.ts").then(({ pauseCommand }) => pauseCommand),
  resume: () => import("./commands/pause.ts").then(({ resumeCommand }) => resumeCommand),
  review: () => import("./commands/review.ts").then(({ reviewCommand }) => reviewCommand),
  explain: () => import("./commands/explain.ts").then(({ explainCommand }) => explainCommand),
  logs: () => import("./commands/logs.ts").then(({ logsCommand }) => logsCommand),
  config: () => import("./commands/config.ts").then(({ configCommand }) => configCommand),
  state: () => import("./commands/state.ts").then(({ stateCommand }) => stateCommand),
  journal: () => import("./commands/journal.ts").then(({ journalCommand }) => journalCommand),
  hosts: () => import("./commands/hosts.ts").then(({ hostsCommand }) => hostsCommand),
  status: () => import("./commands/status.ts").then(({ statusCommand }) => statusCommand),
  report: () => import("./commands/report.ts").then(({ reportCommand }) => reportCommand),
  prune: () => import("./commands/prune.ts").then(({ pruneCommand }) => pruneCommand),
  alerts: () => import("./commands/alerts.ts").then(({ alertsCommand }) => alertsCommand),
  cron: () => import("./commands/cron.ts").then(({ cronCommand }) => cronCommand),
  demo: () => import("./commands/demo.ts").then(({ demoCommand }) => demoCommand),
  completions: () => import("./commands/usage.ts").then(({ completionsCommand }) => completionsCommand),
  man: () => import("./commands/usage.ts").then(({ manCommand }) => manCommand)
} as const

export type CommandName = keyof typeof COMMANDS

export const COMMAND_NAMES = Struct.keys(COMMANDS)

export type AnyCommand = Awaited<ReturnType<(typeof COMMANDS)[CommandName]>>

/** The commands of these names. */
export const loadCommands = (names: ReadonlyArray<CommandName>): Effect.Effect<ReadonlyArray<AnyCommand>> =>
  Effect.forEach(names, (name) => Effect.promise<AnyCommand>(COMMANDS[name]), { concurrency: "unbounded" })
