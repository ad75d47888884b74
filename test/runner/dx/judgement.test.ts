import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import type { RunnerOutput } from "../../../src/runner/dx/output.ts"
import { byExitCode, byReasonCode, judge } from "../../../src/runner/dx/judgement.ts"
import { recorded, recording, REVISIONS } from "./recorded.ts"

/** Every exit code that the two revisions document or were seen to use, but 0. */
const EXIT_CODES = [1, 2, 10, 11, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 126, 127]

/** Every `reason_code=` and `ERROR_CODE=` that the two revisions can print for a preflight, a start or a job's end. */
const REASON_CODES = [
  "provider_concurrency_cap_exceeded",
  "raw_op_forbidden_in_agent_context",
  "profile_load_failed",
  "profile_not_found",
  "worktree_missing",
  "canonical_worktree_forbidden",
  "opencode_model_unavailable",
  "opencode_attach_mode_unavailable",
  "opencode_attach_missing_url",
  "claude_code_model_unavailable",
  "secret_auth_resolution_failed_after_preflight",
  "path_outside_allowlist",
  "mutation_budget_exceeded",
  "opencode_auth_or_quota_blocked",
  "opencode_probe_timeout",
  "opencode_beads_mcp_missing",
  "opencode_mise_missing",
  "opencode_mise_untrusted",
  "gemini_auth_missing",
  "claude_code_binary_missing",
  "claude_code_auth_or_model_unavailable",
  "claude_code_headless_flags_missing",
  "railway_cli_missing",
  "railway_service_context_missing",
  "railway_auth_missing",
  "opencode_rate_limited",
  "gemini_capacity_exhausted"
]

const PASSED = "=== Unified Preflight Check ===\nopencode binary: OK (opencode)\n\n=== Preflight PASSED ===\n"
const failed = (exitCode: number, stdout = "", stderr = ""): RunnerOutput => ({ exitCode, stdout, stderr })

describe("judge", () => {
  it("has an entry for each documented exit code and reason code, and no other", () => {
    assert.sameMembers(Object.keys(byExitCode).map(Number), EXIT_CODES)
    assert.sameMembers(Object.keys(byReasonCode), REASON_CODES)
  })

  it("knows each recorded code", () => {
    for (const revision of REVISIONS) {
      for (const [title, { exitCode, stdout, stderr }] of recorded(revision)) {
        if (!/^(preflight|start|cc-glm|gemini|claude|raw|no BEADS)/.test(title)) continue
        if (exitCode !== 0) assert.containsAllKeys(byExitCode, [String(exitCode)], title)
        for (const [, code = ""] of `${stdout}${stderr}`.matchAll(/(?:reason_code|ERROR_CODE|WARN_CODE)=(\w+)/g)) {
          assert.containsAllKeys(byReasonCode, [code], title)
        }
      }
    }
  })

  it("a list of models that came too late is told from an empty one: the host is slow", () => {
    const output = failed(21, "model availability: NO_MODELS\n  ERROR: No models available\n")
    const slow = judge("preflight", { ...output, duration: Duration.seconds(24) })
    assert.deepInclude({ ...slow }, { tag: "PreflightFailed", blame: "provider" })
    assert.match(slow.hint ?? "", /OPENCODE_MODELS_TIMEOUT_SEC=60 .*nightly-dispatch\/env/)
    assert.match(
      judge("start", { ...output, duration: Duration.seconds(12) }).hint ?? "",
      /OPENCODE_MODELS_TIMEOUT_SEC/
    )
    assert.isUndefined(judge("preflight", { ...output, duration: Duration.seconds(2) }).hint)
    assert.isUndefined(judge("preflight", output).hint)
  })

  it("passes over a full provider, and nothing counts against it", () => {
    const { tag, blame, capacity } = judge("start", recording("2026-05-06", "start 3rd -> cap"))
    assert.deepStrictEqual({ tag, blame, capacity }, { tag: "RunnerFailed", blame: "provider", capacity: true })
  })

  it("recognises a job that runs already", () => {
    for (const revision of REVISIONS) {
      assert.isTrue(judge("start", recording(revision, "start already running")).alreadyRunning)
    }
  })

  it("tells the two meanings of exit code 21 apart", () => {
    const prompt = judge("start", recording("2026-05-06", "raw op in prompt"))
    assert.deepStrictEqual([prompt.tag, prompt.blame], ["RunnerFailed", "issue"])
    const preflight = judge("start", recording("2026-05-06", "start preflight fails (binary missing)"))
    assert.deepStrictEqual([preflight.tag, preflight.blame], ["PreflightFailed", "provider"])
  })

  it("ends the run when the failure concerns every provider, with a hint", () => {
    const gate = judge("start", recording("2026-05-06", "no BEADS_DIR"))
    assert.strictEqual(gate.blame, "config")
    assert.match(gate.hint ?? "", /BEADS_DIR must name .* metadata\.json/)
    for (const [title, blame] of [
      ["start no worktree from HOME", "host"],
      ["start worktree does not exist", "host"],
      ["start worktree not allowed", "config"],
      ["start canonical worktree", "config"],
      ["start unknown provider", "config"],
      ["start prompt file not found", "host"]
    ] as const) {
      assert.strictEqual(judge("start", recording("2026-05-06", title)).blame, blame, title)
    }
    const adapters = failed(
      1,
      PASSED,
      "provider start failed for bd-a/claude-code (reason_code=worktree_missing_for_claude)"
    )
    assert.strictEqual(judge("start", adapters).blame, "host")
    assert.strictEqual(judge("start", failed(2, "", "Unknown arg: --frobnicate")).blame, "config")
    assert.strictEqual(judge("start", failed(29, "reason_code=path_outside_allowlist\n")).blame, "config")
  })

  it("moves on to the next provider when the failure is the provider's", () => {
    const gone = judge("start", recording("2026-05-06", "start model unavailable at adapter_start"))
    assert.deepStrictEqual([gone.tag, gone.blame, gone.mayHaveLaunched], ["PreflightFailed", "provider", undefined])
    const attach = failed(
      27,
      PASSED,
      "provider start failed for bd-a/opencode (reason_code=opencode_attach_missing_url)"
    )
    assert.strictEqual(judge("start", attach).blame, "provider")
    assert.strictEqual(judge("start", failed(1, PASSED, "provider start failed for bd-a/opencode")).blame, "provider")
  })

  it("names the missing tool behind 127 and behind a silent 1", () => {
    assert.match(judge("start", failed(127, PASSED)).hint ?? "", /hostname/)
    assert.match(judge("start", recording("2026-02-19", "start worktree not allowed")).hint ?? "", /allows/)
    assert.match(judge("start", failed(1)).hint ?? "", /HOME/)
    assert.match(judge("start", failed(2, "", "dx-runner requires bash >= 4 (found: 3.2)")).hint ?? "", /bash 4/)
    assert.match(judge("start", failed(1, "", "dx-runner: line 2: HOME: unbound variable")).hint ?? "", /HOME/)
    for (const output of [failed(127, PASSED), failed(1), recording("2026-02-19", "start worktree not allowed")]) {
      assert.strictEqual(judge("start", output).blame, "host")
    }
  })

  it("asks for the job whenever it may have been launched", () => {
    for (const output of [failed(1), failed(1, PASSED, "killed"), failed(137), failed(3), failed(127, PASSED)]) {
      assert.isTrue(judge("start", output).mayHaveLaunched)
    }
    for (const title of [
      "start 3rd -> cap",
      "raw op in prompt",
      "start no worktree from HOME",
      "start unknown provider"
    ]) {
      assert.isUndefined(judge("start", recording("2026-05-06", title)).mayHaveLaunched, title)
    }
  })

  it("blames the provider for a preflight that failed for an unknown reason", () => {
    for (const output of [failed(1), failed(1, "no"), failed(3), failed(137)]) {
      const { tag, blame } = judge("preflight", output)
      assert.deepStrictEqual([tag, blame], ["PreflightFailed", "provider"])
    }
    assert.strictEqual(judge("preflight", failed(24)).blame, "config")
    assert.strictEqual(judge("preflight", recording("2026-05-06", "preflight unknown provider")).blame, "config")
  })

  it("does not take a property of every object for a reason code", () => {
    assert.strictEqual(judge("start", failed(1, "", "reason_code=constructor")).blame, "runner")
    assert.strictEqual(judge("start", failed(1, "", "reason_code=__proto__")).blame, "runner")
  })
})
