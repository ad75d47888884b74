import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { isLive, type JobPhase } from "../../../src/domain/Job.ts"
import { neverLaunched, reportedJob, statusRows } from "../../../src/runner/dx/jobs.ts"
import { ageIn } from "../../../src/runner/dx/processes.ts"
import { recorded, recording, REVISIONS } from "./recorded.ts"

const report = (fields: Record<string, unknown> = {}): string =>
  JSON.stringify({
    beads: "bd-a",
    provider: "opencode",
    state: "healthy",
    reason_code: "recent_log_activity",
    started_at: "2026-11-22T20:59:52Z",
    duration_sec: "-",
    exit_code: "-",
    outcome_state: "-",
    outcome_reason_code: "-",
    run_instance: "20261122205952-opencode-24707",
    worktree: "/tmp/agents/bd-1/repo",
    ...fields
  })

const ended = (outcome: string, exitCode: string, reason: string, state = "exited_err"): string =>
  report({ state, outcome_state: outcome, exit_code: exitCode, outcome_reason_code: reason, duration_sec: "10" })

describe("reportedJob", () => {
  it("reads a running job of the newer revision", () => {
    const job = reportedJob(recording("2026-05-06", "report running").stdout)
    assert.deepStrictEqual({ ...job }, {
      beads: "bd-a",
      provider: "opencode",
      phase: "running",
      runInstance: "20261122205952-opencode-24707",
      exitCode: undefined,
      reason: "recent_log_activity",
      worktree: "/tmp/agents/bd-1/repo",
      startedAt: Date.parse("2026-11-22T20:59:52Z"),
      endedAt: undefined
    } as never)
  })

  it("reads a running job of the older revision", () =>
    assert.strictEqual(reportedJob(recording("2026-02-19", "report running").stdout)?.phase, "running"))

  it("believes the outcome, not the state, which questions change", () => {
    const job = reportedJob(recording("2026-05-06", "report exited json").stdout)
    assert.strictEqual(job?.phase, "succeeded")
    assert.strictEqual(job?.exitCode, 0)
    assert.strictEqual(job?.endedAt, Date.parse("2026-11-22T21:00:04Z"))
    assert.strictEqual(reportedJob(recording("2026-02-19", "report exited json").stdout)?.phase, "succeeded")
  })

  it("reads a failure, and a stop", () => {
    const failed = reportedJob(recording("2026-05-06", "report exited_err json").stdout)
    assert.deepStrictEqual([failed?.phase, failed?.exitCode, failed?.reason], ["failed", 7, "process_exit_with_rc"])
    const stopped = reportedJob(recording("2026-05-06", "report stopped json").stdout)
    assert.deepStrictEqual([stopped?.phase, stopped?.exitCode, stopped?.reason], ["stopped", 137, "manual_stop"])
  })

  it("is undefined for text that is no report", () => {
    for (const revision of REVISIONS) assert.isUndefined(reportedJob(recording(revision, "report missing").stdout))
    for (const text of [
      "",
      "{}",
      "null",
      "[]",
      report({ beads: "../x" }),
      report({ provider: "" }),
      report().slice(1)
    ]) {
      assert.isUndefined(reportedJob(text))
    }
  })

  const phases: ReadonlyArray<readonly [what: string, text: string, phase: JobPhase]> = [
    ["an agent that ended with 0", ended("success", "0", "process_exit_with_rc", "no_op_success"), "succeeded"],
    ["a success that was finalized late", ended("success", "0", "late_finalize_from_rc_file"), "succeeded"],
    [
      "a refused start, which leaves success",
      ended("success", "0", "opencode_model_unavailable", "exited_ok"),
      "failed"
    ],
    ["a success with another exit code", ended("success", "1", "process_exit_with_rc"), "failed"],
    ["an agent whose exit code is unknown", ended("failed", "1", "late_finalize_no_rc"), "failed"],
    ["a rate limit", ended("failed", "1", "opencode_rate_limited"), "failed"],
    ["a watchdog's end", ended("failed", "124", "max_runtime_exceeded"), "failed"],
    ["nothing done", ended("no_op", "23", "process_exit_with_rc"), "no_op"],
    ["no commit", ended("failed", "44", "no_commit_artifact"), "no_op"],
    ["a stop", ended("killed", "137", "manual_stop", "stopped"), "stopped"],
    ["a stop on the older revision", ended("killed", "137", "manual_stop", "exited_err"), "stopped"],
    ["an agent that was killed", ended("killed", "137", "process_exit_with_rc"), "stopped"],
    ["an outcome of another name", ended("splendid", "0", "process_exit_with_rc"), "failed"],
    ...[
      "launching",
      "slow_start",
      "waiting_first_output",
      "silent_mutation",
      "healthy",
      "no_op",
      "blocked",
      "awaiting_finalize"
    ].map((state) => [`state ${state}`, report({ state }), "running"] as const),
    ["an unknown state", report({ state: "pondering" }), "running"],
    ["a stalled job", report({ state: "stalled", reason_code: "stale_log_and_no_cpu_progress" }), "stalled"],
    ["a stalled job without a process", report({ state: "stalled", reason_code: "process_exited_no_output" }), "gone"],
    ["a lost pid file", report({ state: "missing", reason_code: "pid_file_missing" }), "gone"],
    ["a failed start", report({ state: "start_failed", reason_code: "no_meta" }), "gone"],
    [
      "an end without an outcome",
      report({ state: "exited_err", reason_code: "process_exited_without_outcome" }),
      "gone"
    ],
    ["no state", report({ state: undefined }), "gone"]
  ]
  for (const [what, text, phase] of phases) {
    it(`maps ${what} to ${phase}`, () => assert.strictEqual(reportedJob(text)?.phase, phase))
  }

  it("recognises the job that a refused start leaves behind", () => {
    const refused = reportedJob(ended("success", "0", "opencode_model_unavailable"))
    const failed = reportedJob(ended("failed", "1", "process_exit_with_rc"))
    const fine = reportedJob(ended("success", "0", "process_exit_with_rc"))
    assert.deepStrictEqual(
      [refused, failed, fine].map((job) => job !== undefined && neverLaunched(job)),
      [true, false, false]
    )
  })

  it("reads numbers quoted and bare, and a dash as undefined", () => {
    const job = reportedJob(
      report({ outcome_state: "failed", exit_code: 7, duration_sec: 3, worktree: "-", started_at: "-" })
    )
    assert.deepStrictEqual(
      [job?.exitCode, job?.worktree, job?.startedAt, job?.endedAt],
      [7, undefined, undefined, undefined]
    )
  })
})

describe("statusRows", () => {
  it("reads a running job with its pid", () => {
    const rows = statusRows(recording("2026-05-06", "status json beads").stdout)
    assert.deepStrictEqual(
      rows?.map(({ job, age }) => [job.beads, job.provider, job.phase, job.pid, job.runInstance, age]),
      [["bd-a", "opencode", "running", 24798, "20261122205952-opencode-24707", 0]]
    )
  })

  it("reads an ended and an unknown job as not running", () => {
    const ended = statusRows(recording("2026-05-06", "status exited_err json").stdout)
    assert.deepStrictEqual(
      ended?.map(({ job }) => [job.phase, job.pid]),
      [["gone", undefined]]
    )
    for (const revision of REVISIONS) {
      const unknown = statusRows(recording(revision, "status missing json").stdout)
      assert.deepStrictEqual(
        unknown?.map(({ job }) => [job.phase, job.pid]),
        [["gone", undefined]]
      )
    }
  })

  it("skips the phantom child and rows that cannot be read", () => {
    const row = (fields: Record<string, unknown>) => ({
      beads: "bd-g1",
      provider: "gemini",
      pid: "17",
      state: "healthy",
      reason_code: "cpu_progress",
      elapsed: "1h2m",
      outcome: "-",
      ...fields
    })
    const rows = statusRows(
      JSON.stringify({
        jobs: [
          row({}),
          row({ beads: "bd-g1.child" }),
          row({ beads: "$(x)" }),
          7,
          row({ beads: "bd-g2.1", elapsed: "1d 2h" })
        ]
      })
    )
    assert.deepStrictEqual(
      rows?.map(({ job, age }) => [String(job.beads), age]),
      [
        ["bd-g1", 3720],
        ["bd-g2.1", 93_600]
      ]
    )
  })

  it("is empty without jobs, and undefined for text that is no status", () => {
    assert.deepStrictEqual(statusRows('{"generated_at":"x","jobs":[]}'), [])
    for (const text of ["", "bead provider pid", "{}", '{"jobs":{}}']) assert.isUndefined(statusRows(text))
  })
})

describe("ageIn", () => {
  it("reads an age in each form that ps prints", () => {
    for (const [text, age] of [
      ["     00:07\n", 7],
      ["12:34", 754],
      ["01:00:00", 3600],
      ["2-03:04:05", 183_845]
    ] as const) {
      assert.deepStrictEqual(ageIn(text), age)
    }
    for (const text of ["", "4711", "x 00:07", "7", "-"]) assert.isUndefined(ageIn(text))
  })
})

describe("any text", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("-", "missing", "healthy", "success", "0", "bd-1", "opencode"),
    fc.integer(),
    fc.constant(null)
  )
  const record = fc.record(
    {
      beads: word,
      provider: word,
      pid: word,
      state: word,
      reason_code: word,
      started_at: fc.oneof(
        word,
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
      ),
      duration_sec: word,
      exit_code: word,
      outcome_state: word,
      outcome_reason_code: word,
      run_instance: word,
      worktree: word,
      elapsed: word,
      outcome: word
    },
    { requiredKeys: [] }
  )

  it("is read without an exception, and each job from it is valid", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          record.map((value) => JSON.stringify(value))
        ),
        (text) => {
          const job = reportedJob(text)
          if (job !== undefined && !isLive(job) && job.phase === "succeeded") assert.strictEqual(job.exitCode, 0)
          for (const time of [job?.startedAt, job?.endedAt])
            if (time !== undefined) assert.isTrue(Number.isFinite(time))
          ageIn(text)
        }
      ),
      { numRuns: 300 }
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.jsonValue())), (jobs) => {
        for (const { job, age } of statusRows(JSON.stringify({ jobs })) ?? assert.fail("a status is a status")) {
          if (job.pid !== undefined) assert.isAbove(job.pid, 1)
          if (age !== undefined) assert.isAtLeast(age, 0)
        }
      }),
      { numRuns: 300 }
    )
  })

  it("recorded of any command is read by each decoder", () => {
    const phases = new Map<string, string | undefined>()
    for (const revision of REVISIONS) {
      for (const [title, output] of recorded(revision)) {
        if (/^check .* json$/.test(title)) phases.set(`${revision} ${title}`, reportedJob(output.stdout)?.phase)
        if (/^status .*json/.test(title)) assert.lengthOf(statusRows(output.stdout) ?? [], 1, title)
        else assert.isUndefined(statusRows(output.stdout), title)
        ageIn(output.stdout)
      }
    }
    // `check` has no outcome, so it can tell of a living job only.
    const living = [...phases].filter(([, phase]) => phase !== "gone" && phase !== undefined)
    assert.deepStrictEqual(
      living,
      REVISIONS.map((revision) => [`${revision} check running json`, "running"])
    )
    assert.strictEqual(phases.size, 12)
  })

  it("of a recorded command other than report and check is no job", () => {
    for (const revision of REVISIONS) {
      for (const [title, { stdout }] of recorded(revision)) {
        if (!/^(report|check) /.test(title)) assert.isUndefined(reportedJob(stdout), title)
      }
    }
  })
})
