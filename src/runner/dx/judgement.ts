import { Duration } from "effect"
import type { Blame } from "../../domain/Blame.ts"
import type { PreflightFailed } from "../../domain/Failure.ts"
import { WHERE_TO_SET, type Needed } from "../../domain/Needed.ts"
import { codeIn, type RunnerOutput } from "./output.ts"

interface Consequences {
  /** The provider has no free slot: this run skips the provider and does not count a failure. */
  readonly capacity?: true
  /** The bug's job runs already. */
  readonly alreadyRunning?: true
  /** dx-runner may have launched the job before it failed: ask for the job before anything is rolled back. */
  readonly mayHaveLaunched?: true
  /** dx-runner has no adapter of the provider's name. */
  readonly unknownProvider?: true
  /** What a person must give before the provider works. */
  readonly needs?: Needed
  /** Words for the operator that dx-runner's own message lacks. */
  readonly hint?: string
}

/** The meaning of a failed command of dx-runner. The README says what follows from each blame. */
export type Judgement = Consequences &
  (
    | { readonly tag: "PreflightFailed"; readonly blame: PreflightFailed["blame"] }
    | { readonly tag: "RunnerFailed"; readonly blame: Blame }
  )

const preflight = (blame: PreflightFailed["blame"], more: Consequences = {}): Judgement => ({
  tag: "PreflightFailed",
  blame,
  ...more
})
const runner = (blame: Blame, more: Consequences = {}): Judgement => ({ tag: "RunnerFailed", blame, ...more })
const launched = (blame: Blame, hint?: string): Judgement =>
  runner(blame, { mayHaveLaunched: true, ...(hint === undefined ? {} : { hint }) })

const each = (codes: string, judgement: Judgement): Readonly<Record<string, Judgement>> =>
  Object.fromEntries(codes.split(/\s+/).map((code) => [code, judgement]))

/** By dx-runner's `reason_code=` or `ERROR_CODE=`, which are more exact than the exit code. */
export const byReasonCode: Readonly<Record<string, Judgement>> = {
  provider_concurrency_cap_exceeded: runner("provider", { capacity: true }),
  // dx-runner found the pattern in the prompt's text, so every provider would refuse that prompt.
  raw_op_forbidden_in_agent_context: runner("issue"),
  worktree_missing: runner("host", { hint: "the worktree existed before the start" }),
  canonical_worktree_forbidden: runner("config", { hint: "set workspace.root to a directory that dx-runner allows" }),
  // We set no profile, allow-list or budget: these come from the host's own settings of dx-runner.
  ...each("profile_load_failed profile_not_found path_outside_allowlist mutation_budget_exceeded", runner("config")),
  ...each(
    `opencode_model_unavailable opencode_attach_mode_unavailable opencode_attach_missing_url opencode_probe_timeout
     opencode_auth_or_quota_blocked opencode_beads_mcp_missing opencode_mise_missing opencode_mise_untrusted
     claude_code_model_unavailable claude_code_auth_or_model_unavailable claude_code_binary_missing
     claude_code_headless_flags_missing`,
    preflight("provider")
  ),
  gemini_auth_missing: preflight("provider", {
    needs: { kind: "login", next: "run `gemini` and sign in, or set GEMINI_API_KEY" }
  }),
  secret_auth_resolution_failed_after_preflight: preflight("provider", {
    needs: { kind: "secret", next: `set the token of its secret manager ${WHERE_TO_SET}` }
  }),
  // How jobs ended.
  ...each("opencode_rate_limited gemini_capacity_exhausted", runner("provider")),
  ...each(
    "railway_cli_missing railway_service_context_missing railway_auth_missing",
    preflight("config", { hint: "the environment asks for railway, and that concerns every provider" })
  )
}

const NO_ADAPTER: Consequences = {
  unknownProvider: true,
  hint: "no such provider, or dx-runner was installed through a symbolic link"
}
const NO_HOME = "HOME is not set"
const NOT_ALLOWED = "add workspace.root to DX_RUNNER_EXTRA_ALLOWED_PREFIXES"

/** By the printed text, if the reason code is unknown and the exit code has several meanings. The first match decides. */
const byText: ReadonlyArray<readonly [pattern: RegExp, judgement: Judgement]> = [
  [/^job \S+ already running \(pid=/m, runner("runner", { alreadyRunning: true })],
  [/^prompt file not found: /m, runner("host", { hint: "the prompt file existed before the start" })],
  [/^baseline gate failed: /m, runner("config")],
  [/^permission gate failed: DENIED:non_worktree_path/m, runner("config", { hint: NOT_ALLOWED })],
  [/^permission gate failed: $/m, runner("host", { hint: NO_HOME })],
  [/Adapter not found: /, preflight("config", NO_ADAPTER)],
  [/HOME: unbound variable/, runner("host", { hint: NO_HOME })],
  [/\S: unbound variable/, runner("config", { hint: "a DX_RUNNER_MAX_PARALLEL_… is not a number" })],
  [/requires bash >= 4|declare: -A: invalid option/, runner("host", { hint: "put bash 4 or newer first on PATH" })],
  [/^adapter did not return pid/m, launched("provider")],
  [/^provider start failed for /m, launched("provider")]
]

/** What an operator has to do about exit code 24. */
export const NO_METADATA = "BEADS_DIR must name a directory with a metadata.json; no provider can start without it"

/** By exit code. 10, 11, 23 and 28 are documented; dx-runner was never seen to use them for these commands. */
export const byExitCode: Readonly<Record<number, Judgement>> = {
  ...each("1 23", launched("runner")),
  ...each("2 28 29", runner("config")),
  ...each("10 11 21 25 27", preflight("provider")),
  20: runner("config", NO_ADAPTER),
  22: runner("config", { hint: "dx-runner does not allow this worktree" }),
  24: runner("config", { hint: NO_METADATA }),
  26: runner("provider", { capacity: true }),
  126: launched("host", "a command that dx-runner needs cannot be executed"),
  127: launched("host", "a command that dx-runner needs is missing")
}

/** dx-runner ended without a message, as a shell script does when a command fails under `set -e`. */
const SILENT = launched("host", "a command that dx-runner needs is missing, or HOME is not set")
/** The older revision ends silently after its preflight if it refuses the worktree, or if there is no `hostname`. */
const silentAfterPreflight: Readonly<Record<number, Judgement>> = {
  1: launched("host", `the worktree is outside the prefixes that this dx-runner allows: ${NOT_ALLOWED}`),
  127: launched("host", "a command that dx-runner needs is missing, most likely hostname")
}

/** dx-runner waits 12 s for `opencode models`, and takes a list that comes later for an empty one. */
const MODELS_TIMEOUT = Duration.seconds(12)
const SLOW_MODELS = preflight("provider", {
  hint:
    "`opencode models` took longer than the 12 s that dx-runner waits: put OPENCODE_MODELS_TIMEOUT_SEC=60 into the environment " +
    "of nightly-dispatch, which passes it on; under cron that is ~/.config/nightly-dispatch/env"
})

const isSlowList = ({ duration, stdout }: RunnerOutput): boolean =>
  duration !== undefined &&
  Duration.greaterThanOrEqualTo(duration, MODELS_TIMEOUT) &&
  /^model availability: NO_MODELS/m.test(stdout)

const find = (output: RunnerOutput): Judgement => {
  if (isSlowList(output)) return SLOW_MODELS
  // claude-code's adapter adds its name to this code.
  const code = codeIn(output).reasonCode?.replace(/^(worktree_missing)_for_.*$/, "$1") ?? ""
  const byCode = Object.hasOwn(byReasonCode, code) ? byReasonCode[code] : undefined
  if (byCode !== undefined) return byCode
  const byWords = byText.find(([pattern]) => pattern.test(output.stderr) || pattern.test(output.stdout))
  if (byWords !== undefined) return byWords[1]
  const { exitCode, stdout } = output
  const silent = output.stderr.trim() === ""
  if (silent && exitCode === 1 && stdout.trim() === "") return SILENT
  const afterPreflight = silent && /^=== Preflight PASSED/m.test(stdout) ? silentAfterPreflight[exitCode] : undefined
  return afterPreflight ?? byExitCode[exitCode] ?? launched("runner")
}

/**
 * The meaning of a command's exit code other than 0. A preflight that failed for an unknown reason blames the provider:
 * nothing has been started, so the run may try the next provider.
 */
export const judge = (command: "preflight" | "start" | "query", output: RunnerOutput): Judgement => {
  const judgement = find(output)
  if (command !== "preflight" || (judgement.blame !== "runner" && judgement !== SILENT)) return judgement
  return preflight("provider", judgement.hint === undefined ? {} : { hint: judgement.hint })
}
