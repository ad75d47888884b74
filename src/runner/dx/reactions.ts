import type { Blame } from "../../domain/Blame.ts"
import type { PreflightFailed } from "../../domain/Failure.ts"
import { codeIn, type RunnerOutput } from "./lines.ts"

interface Consequences {
  /** The provider has no free slot: passed over for this run, and nothing counts against it. */
  readonly capacity?: true
  /** The job runs already and is taken over. */
  readonly adopt?: true
  /** It may have been said after the launch: the runner is asked for the job before anything is put back. */
  readonly mayHaveLaunched?: true
  /** What an operator needs to know and the runner does not say. */
  readonly hint?: string
}

/**
 * What is made of one way in which dx-runner says no. `provider` moves on to the next one, `issue` counts against the
 * bug, `host` and `config` stop the run. Nothing is tried again at once: the next run does that.
 */
export type Reaction = Consequences &
  (
    | { readonly tag: "PreflightFailed"; readonly blame: PreflightFailed["blame"] }
    | { readonly tag: "RunnerFailed"; readonly blame: Blame }
  )

const preflight = (blame: PreflightFailed["blame"], more: Consequences = {}): Reaction => ({
  tag: "PreflightFailed",
  blame,
  ...more
})

const runner = (blame: Blame, more: Consequences = {}): Reaction => ({ tag: "RunnerFailed", blame, ...more })

const RAILWAY = { hint: "the environment asks for railway, and that concerns every provider" }

/** By the runner's own code. Says more than the exit code, which has several meanings. */
export const byReasonCode: Readonly<Record<string, Reaction>> = {
  provider_concurrency_cap_exceeded: runner("provider", { capacity: true }),
  // The pattern matches the prompt's text, so every provider would refuse it.
  raw_op_forbidden_in_agent_context: runner("issue"),
  profile_load_failed: runner("config"),
  profile_not_found: runner("config"),
  // The worktree was there before `start`, so something takes worktrees away.
  worktree_missing: runner("host", { hint: "the worktree was there before the start" }),
  canonical_worktree_forbidden: runner("config", { hint: "set workspace.root to a directory the runner allows" }),
  opencode_model_unavailable: preflight("provider"),
  opencode_attach_mode_unavailable: preflight("provider"),
  opencode_attach_missing_url: preflight("provider"),
  claude_code_model_unavailable: preflight("provider"),
  secret_auth_resolution_failed_after_preflight: preflight("provider"),
  // We set neither an allow-list nor a budget: these come from the host's own settings of the runner.
  path_outside_allowlist: runner("config"),
  mutation_budget_exceeded: runner("config"),
  opencode_auth_or_quota_blocked: preflight("provider"),
  opencode_probe_timeout: preflight("provider"),
  opencode_beads_mcp_missing: preflight("provider"),
  opencode_mise_missing: preflight("provider"),
  opencode_mise_untrusted: preflight("provider"),
  gemini_auth_missing: preflight("provider"),
  claude_code_binary_missing: preflight("provider"),
  claude_code_auth_or_model_unavailable: preflight("provider"),
  claude_code_headless_flags_missing: preflight("provider"),
  railway_cli_missing: preflight("config", RAILWAY),
  railway_service_context_missing: preflight("config", RAILWAY),
  railway_auth_missing: preflight("config", RAILWAY)
}

const NO_ADAPTER = { hint: "no such provider, or dx-runner was installed through a symbolic link" }

/** By what it printed, where neither code tells enough. The first that matches holds. */
export const byWords: ReadonlyArray<readonly [pattern: RegExp, reaction: Reaction]> = [
  [/^job \S+ already running \(pid=/m, runner("runner", { adopt: true })],
  [/^prompt file not found: /m, runner("host", { hint: "the prompt file was there before the start" })],
  [/^baseline gate failed: /m, runner("config")],
  [
    /^permission gate failed: DENIED:non_worktree_path/m,
    runner("config", { hint: "add workspace.root to DX_RUNNER_EXTRA_ALLOWED_PREFIXES" })
  ],
  [/^permission gate failed: $/m, runner("host", { hint: "HOME is not set" })],
  [/Adapter not found: /, preflight("config", NO_ADAPTER)],
  [/HOME: unbound variable/, runner("host", { hint: "HOME is not set" })],
  [/\b\S+: unbound variable/, runner("config", { hint: "a DX_RUNNER_MAX_PARALLEL_… is not a number" })],
  [
    /requires bash >= 4|declare: -A: invalid option/,
    runner("host", { hint: "bash 4 or newer must come first on PATH" })
  ],
  [/^adapter did not return pid/m, runner("provider", { mayHaveLaunched: true })],
  [/^provider start failed for /m, runner("provider", { mayHaveLaunched: true })]
]

/** What an operator has to do about exit code 24. */
export const GATE = "BEADS_DIR must name a directory with a metadata.json; no provider can start without it"

/** By exit code. 10, 11, 23 and 28 are documented and have never been seen from these commands. */
export const byExitCode: Readonly<Record<number, Reaction>> = {
  1: runner("runner", { mayHaveLaunched: true }),
  2: runner("config"),
  10: preflight("provider"),
  11: preflight("provider"),
  20: runner("config", NO_ADAPTER),
  21: preflight("provider"),
  22: runner("config", { hint: "the runner does not allow this worktree" }),
  23: runner("runner", { mayHaveLaunched: true }),
  24: runner("config", { hint: GATE }),
  25: preflight("provider"),
  26: runner("provider", { capacity: true }),
  27: preflight("provider"),
  28: runner("config"),
  29: runner("config"),
  126: runner("host", { mayHaveLaunched: true, hint: "a command that dx-runner needs cannot be executed" }),
  127: runner("host", { mayHaveLaunched: true, hint: "a command that dx-runner needs is missing" })
}

// Neither stream says why: what ends a shell script without a word.
const SILENT = runner("host", {
  mayHaveLaunched: true,
  hint: "a command that dx-runner needs is missing, or HOME is not set"
})

// The older revision dies of its own error handling where it should have refused the worktree.
const SILENT_AFTER_PREFLIGHT = runner("host", {
  mayHaveLaunched: true,
  hint: "the worktree is outside the prefixes this dx-runner allows; see DX_RUNNER_EXTRA_ALLOWED_PREFIXES"
})

const NO_HOSTNAME = runner("host", {
  mayHaveLaunched: true,
  hint: "a command that dx-runner needs is missing, most likely hostname"
})

const UNKNOWN = runner("runner", { mayHaveLaunched: true })

const reaction = (output: RunnerOutput): Reaction => {
  // The adapters add their own name to this one.
  const code = codeIn(output).reasonCode?.replace(/^(worktree_missing)_for_.*$/, "$1") ?? ""
  const known = Object.hasOwn(byReasonCode, code) ? byReasonCode[code] : undefined
  if (known !== undefined) return known
  const words = byWords.find(([pattern]) => pattern.test(output.stderr) || pattern.test(output.stdout))
  if (words !== undefined) return words[1]
  const silent = output.stderr.trim() === ""
  const passed = /^=== Preflight PASSED/m.test(output.stdout)
  if (silent && passed && output.exitCode === 1) return SILENT_AFTER_PREFLIGHT
  if (silent && passed && output.exitCode === 127) return NO_HOSTNAME
  if (silent && output.exitCode === 1 && output.stdout.trim() === "") return SILENT
  return byExitCode[output.exitCode] ?? UNKNOWN
}

/**
 * The reaction to a command that ended with another exit code than 0. A preflight that failed in no other way is the
 * provider's: it happens before a claim, so the next provider may as well be asked.
 */
export const reactionTo = (command: "preflight" | "start" | "query", output: RunnerOutput): Reaction => {
  const found = reaction(output)
  if (command !== "preflight" || (found.blame !== "runner" && found !== SILENT)) return found
  return preflight("provider", found.hint === undefined ? {} : { hint: found.hint })
}
