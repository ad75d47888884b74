import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { alreadyRunning, capabilities, codeIn, startedLines, type RunnerOutput } from "../../../src/runner/dx/output.ts"
import { failureReason, preflightReason, transcript } from "../../../src/runner/dx/output.ts"
import { recorded, recording, REVISIONS, type Revision } from "./recorded.ts"
import { codePoint } from "../../codePoint.ts"
import { cpuTime } from "../../cpuTime.ts"

const output = (stdout: string, stderr = "", exitCode = 1): RunnerOutput => ({ exitCode, stdout, stderr })

/** Words that dx-runner prints, mixed into arbitrary text. */
const words = [
  "[ERROR] ", "ERROR: ", "  ERROR_CODE=x severity=error action=y", "  WARN_CODE=a severity=warn", "reason_code=", "next_action=z",
  "=== Preflight FAILED (1 error(s)) ===", "canonical model probe: MISSING (", ")", "\n", "\r\n", "started beads=bd-1 provider=opencode pid=",
  "99999999999999999999", "1", " log=", "job bd-1 already running (pid=", "\u001b[31m", "\u0000", "-"
] // prettier-ignore
const text = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: codePoint }), fc.string()), { maxLength: 30 })
  .map((parts) => parts.join(""))

const oneLine = (line: string): void => {
  assert.isNotEmpty(line.trim())
  assert.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
  assert.isAtMost(Array.from(line).length, 300)
}

describe("preflightReason", () => {
  const reasons: ReadonlyArray<
    readonly [Revision, title: string, reason: string, code?: string | undefined, action?: string | undefined]
  > = [
    ["2026-05-06", "preflight opencode binary missing", "opencode CLI not found"],
    ["2026-05-06", "preflight opencode canonical model missing", "Canonical model unavailable: zhipuai/glm-5.1"],
    [
      "2026-05-06",
      "preflight opencode quota",
      "Model zhipuai/glm-5.1 available but auth/quota check failed",
      "opencode_auth_or_quota_blocked",
      "refresh_auth_or_switch_provider"
    ],
    [
      "2026-05-06",
      "cc-glm no auth",
      "cc-glm-headless auth resolution failed before launch",
      "secret_auth_resolution_failed_after_preflight"
    ],
    [
      "2026-05-06",
      "gemini auth fail",
      "gemini_auth_missing (gemini_login_required)",
      "gemini_auth_missing",
      "gemini_login_required"
    ],
    [
      "2026-05-06",
      "claude-code probe fail",
      "claude_code_auth_or_model_unavailable (check_claude_auth_or_model)",
      "claude_code_auth_or_model_unavailable",
      "check_claude_auth_or_model"
    ],
    ["2026-05-06", "preflight unknown provider", "Adapter not found: $P/head/scripts/adapters/nosuch.sh"],
    ["2026-02-19", "preflight opencode binary missing", "opencode CLI not found"],
    [
      "2026-02-19",
      "preflight opencode canonical model missing",
      "Canonical model unavailable: zhipuai-coding-plan/glm-5"
    ],
    [
      "2026-02-19",
      "preflight opencode quota",
      "Model zhipuai-coding-plan/glm-5 available but auth/quota check failed",
      "opencode_auth_or_quota_blocked",
      "refresh_auth_or_switch_provider"
    ],
    ["2026-02-19", "preflight opencode hyphenated-only model list (regex bug)", "No models available"]
  ]
  for (const [revision, title, reason, reasonCode, nextAction] of reasons) {
    it(`bd-XXXX.2.1 of ${revision}, ${title}: ${reason}`, () => {
      const printed = recording(revision, title)
      assert.strictEqual(preflightReason(printed), reason)
      assert.deepStrictEqual(codeIn(printed), { reasonCode, nextAction })
    })
  }

  it("bd-XXXX.2.1 takes a line marked [ERROR] first, then the first error in the transcript's own order", () => {
    const marked = output("  ERROR: second\n[06:00:00] [ERROR] Dispatch failed: model unavailable\n")
    assert.strictEqual(preflightReason(marked), "Dispatch failed: model unavailable")
    assert.strictEqual(
      preflightReason(output("  ERROR: No models available\ncanonical model: missing\n")),
      "No models available"
    )
    assert.strictEqual(
      preflightReason(output("Canonical Model probe: Missing\n  ERROR: x\n")),
      "Canonical model unavailable"
    )
    assert.strictEqual(preflightReason(output("\u001b[31m[ERROR]\u001b[0m coloured\r\n")), "coloured")
  })

  it("names the failed check if there is no error line", () => {
    assert.strictEqual(
      preflightReason(output("=== Unified Preflight Check ===\nprovider: x\nauth resolution: NO_AUTH_SOURCE\n")),
      "auth resolution: NO_AUTH_SOURCE"
    )
  })

  it("falls back to the beginning of the output, or says that there is none", () => {
    assert.strictEqual(preflightReason(output("boom\n  at x\n")), "boom at x")
    assert.lengthOf(preflightReason(output("x".repeat(1000))), 200)
    assert.strictEqual(preflightReason(output("", "HOME: unbound variable")), "HOME: unbound variable")
    assert.strictEqual(preflightReason(output("\n", "", 3)), "no error output (exit 3)")
  })
})

describe("transcript", () => {
  it("bd-XXXX.2.3 keeps the lines about models, binaries and what is missing", () => {
    const { lines, models } = transcript(recording("2026-05-06", "preflight opencode canonical model missing").stdout)
    assert.includeMembers(
      [...lines],
      [
        "opencode binary: OK (opencode)",
        "model availability: OK (1 models)",
        "canonical model probe: MISSING (zhipuai/glm-5.1)",
        "ERROR: model 'zhipuai/glm-5.1' unavailable; choose an available configured provider/model"
      ]
    )
    assert.notInclude(lines.join("\n"), "===")
    assert.deepStrictEqual(models, ["zhipuai/glm-5.1"])
  })

  for (const revision of REVISIONS) {
    it(`of ${revision}: a preflight that passes with warnings has no errors, and its warnings are kept`, () => {
      const title = [...recorded(revision).keys()].find((title) => title.startsWith("preflight opencode pass with"))
      const { errors, warnings } = transcript(recording(revision, title ?? "").stdout)
      assert.isEmpty(errors)
      assert.deepStrictEqual(warnings, [
        "opencode_beads_mcp_missing (install_beads_mcp_for_richer_context)",
        "opencode_mise_missing (install_mise_or_ignore_if_not_required)"
      ])
    })

    it(`of ${revision}: a clean preflight has neither errors nor warnings`, () => {
      const { errors, warnings } = transcript(recording(revision, "preflight opencode clean pass").stdout)
      assert.deepStrictEqual([errors, warnings], [[], []])
    })
  }

  it("keeps a probe that timed out as a warning", () => {
    const { errors, warnings } = transcript(
      "canonical model probe: TIMEOUT (m)\n  WARN_CODE=opencode_probe_timeout severity=warn action=retry_or_continue\n"
    )
    assert.deepStrictEqual([errors, warnings], [[], ["opencode_probe_timeout (retry_or_continue)"]])
  })
})

describe("failureReason", () => {
  it("bd-XXXX.3.2 finds the [ERROR] line on stdout", () => {
    assert.include(failureReason(output("[06:00:00] [ERROR] Dispatch failed: model unavailable")), "model unavailable")
    assert.strictEqual(failureReason(output("[ERROR] from stdout", "from stderr")), "from stdout")
  })

  it("bd-XXXX.3.2 falls back to stderr, and to something meaningful when both are empty", () => {
    assert.strictEqual(failureReason(output("", "boom\nagain")), "boom again")
    assert.strictEqual(failureReason(output("", "")), "no error output (exit 1)")
    assert.strictEqual(failureReason(output("only here", "")), "only here")
    assert.strictEqual(failureReason(output("reason_code=profile_load_failed\n", "")), "profile_load_failed")
  })

  const reasons: ReadonlyArray<readonly [Revision, title: string, reason: RegExp, code?: string, action?: string]> = [
    [
      "2026-05-06",
      "start 3rd -> cap",
      /^provider 'opencode' concurrency cap exceeded \(2\/2\)$/,
      "provider_concurrency_cap_exceeded",
      "wait_for_provider_capacity_or_switch_provider"
    ],
    ["2026-05-06", "start no worktree from HOME", /^worktree resolution failed for beads=bd-nw /, "worktree_missing"],
    ["2026-05-06", "start worktree not allowed", /^permission gate failed: DENIED:non_worktree_path:/],
    [
      "2026-05-06",
      "start canonical worktree",
      /^Mutating execution forbidden in canonical repo: /,
      "canonical_worktree_forbidden"
    ],
    [
      "2026-05-06",
      "start model unavailable at adapter_start",
      /^OpenCode dispatch blocked. Required model: zhipuai\/glm-5.1$/,
      "opencode_model_unavailable"
    ],
    ["2026-05-06", "start prompt file not found", /^prompt file not found: \/tmp\/nope$/],
    ["2026-05-06", "start unknown provider", /^provider adapter not found: /],
    [
      "2026-05-06",
      "raw op in prompt",
      /^prompt contains forbidden raw OP command snippets in agent context: 1:run op read/,
      "raw_op_forbidden_in_agent_context",
      "remove_raw_op_commands_or_add_explicit_auth_repair_marker"
    ],
    [
      "2026-05-06",
      "no BEADS_DIR",
      /^beads runtime gate failed for command 'check': missing runtime metadata at \/nonexistent /
    ],
    ["2026-02-19", "start already running", /^job bd-a already running \(pid=18632\)$/],
    ["2026-02-19", "start worktree not allowed", /^no error output \(exit 1\)$/]
  ]
  for (const [revision, title, reason, reasonCode, nextAction] of reasons) {
    it(`bd-XXXX.3.2 of ${revision}, ${title}: ${reason.source}`, () => {
      const printed = recording(revision, title)
      assert.match(failureReason(printed), reason)
      assert.deepStrictEqual(codeIn(printed), { reasonCode, nextAction })
    })
  }
})

describe("codeIn", () => {
  it("reads reason_code= and next_action= from both streams, and inside parentheses", () => {
    assert.deepStrictEqual(codeIn(output("reason_code=a\nnext_action=b\n")), { reasonCode: "a", nextAction: "b" })
    assert.deepStrictEqual(codeIn(output("", "reason_code=a\nnext_action=b\n")), { reasonCode: "a", nextAction: "b" })
    assert.strictEqual(codeIn(output("", "provider start failed for b/p (reason_code=x_y)")).reasonCode, "x_y")
    assert.deepStrictEqual(codeIn(output("not_reason_code=a")), { reasonCode: undefined, nextAction: undefined })
  })
})

describe("startedLines", () => {
  for (const [revision, title, pid] of [
    ["2026-05-06", "start ok", 24798],
    ["2026-02-19", "start ok", 18632]
  ] as const) {
    it(`bd-XXXX.1.3 finds the acknowledgement of ${revision}`, () =>
      assert.deepStrictEqual(startedLines(recording(revision, title).stdout), [
        { beads: "bd-a", provider: "opencode", pid, log: "/tmp/dx-runner/opencode/bd-a.log" }
      ] as never))
  }

  it("ignores a line without a valid bug, provider or process", () => {
    const lines = [
      "started beads=bd-a provider=opencode pid=",
      "started beads=bd-a provider=opencode pid=0",
      "started beads=bd-a provider=opencode pid=99999999999999999999",
      "started beads=../x provider=opencode pid=17",
      "started beads=bd-a provider=Open pid=17",
      "  it said: started beads=bd-a provider=opencode pid=17"
    ]
    assert.isEmpty(startedLines(lines.join("\n")))
    assert.lengthOf(startedLines("started beads=bd-a provider=opencode pid=17\r\n"), 1)
  })
})

describe("alreadyRunning", () => {
  it("names the bug and the process", () => {
    assert.deepStrictEqual(alreadyRunning("job bd-a already running (pid=24798)\n"), { beads: "bd-a", pid: 24798 })
    assert.deepStrictEqual(alreadyRunning("note\njob bd-a already running (pid=)\n"), { beads: "bd-a", pid: undefined })
    assert.isUndefined(alreadyRunning("1:the job is already running (pid=3)"))
  })
})

describe("capabilities", () => {
  it("tells the revisions apart by their usage", () => {
    assert.deepStrictEqual(
      capabilities("  26 Provider concurrency cap exceeded\n  --require-commit-artifact   Enforce"),
      {
        requireCommit: true,
        caps: true,
        model: true,
        metadata: true
      }
    )
    assert.deepStrictEqual(capabilities("dx-runner (V1.3)"), {
      requireCommit: false,
      caps: false,
      model: false,
      metadata: false
    })
  })
})

describe("any text", () => {
  it("is read without an exception, and each result is one line", () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 255 }), (stdout, stderr, exitCode) => {
        const printed = { stdout, stderr, exitCode }
        oneLine(preflightReason(printed))
        oneLine(failureReason(printed))
        const { errors, warnings, lines, models } = transcript(stdout)
        for (const line of [...errors, ...warnings, ...lines, ...models]) oneLine(line)
        for (const { pid } of startedLines(stdout)) assert.isTrue(Number.isSafeInteger(pid) && pid > 1)
        const { reasonCode, nextAction } = codeIn(printed)
        for (const code of [reasonCode, nextAction]) if (code !== undefined) assert.match(code, /^[\w.-]+$/)
        alreadyRunning(stderr)
        capabilities(stdout)
      }),
      { numRuns: 300 }
    )
  })

  it("recorded of any command is read by each reader, and only the right ones find something", () => {
    for (const revision of REVISIONS) {
      for (const [title, printed] of recorded(revision)) {
        oneLine(preflightReason(printed))
        oneLine(failureReason(printed))
        const { errors } = transcript(printed.stdout)
        const failed = /=== Preflight FAILED/.test(printed.stdout)
        assert.isTrue(failed || errors.length === 0, title)
        const started = title === "start ok" || title === "same beads other provider"
        assert.lengthOf(startedLines(printed.stdout), started ? 1 : 0, title)
        assert.strictEqual(alreadyRunning(printed.stderr) !== undefined, title === "start already running", title)
        assert.isFalse(capabilities(printed.stdout).requireCommit, title)
      }
    }
  })

  it("of eight megabytes is read within three seconds", () => {
    const before = cpuTime()
    const big = "canonical model ".repeat(250_000) + "\n" + "x: ".repeat(1_300_000)
    preflightReason(output(big, big))
    failureReason(output(big, big))
    transcript(big)
    assert.isBelow(cpuTime() - before, 3000)
  })
})
