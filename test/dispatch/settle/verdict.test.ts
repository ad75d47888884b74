import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { ProcessIdentity } from "../../../src/domain/ProcessIdentity.ts"
import { settings } from "../support.ts"
import {
  MINUTE,
  beads,
  opencode,
  SETTINGS,
  BEGAN,
  STEP,
  PHASES,
  attempt,
  job,
  verdictOn,
  inWords,
  ORIGINS,
  type Phase
} from "./verdictCases.ts"

describe("verdict: no job", () => {
  it("after the clock was set back, an attempt does not stay open until its future time", () => {
    for (const phase of PHASES)
      assert.strictEqual(
        inWords(verdictOn(attempt(phase), undefined, { now: STEP - 600 * MINUTE })),
        "Ended lost host",
        phase
      )
    assert.strictEqual(
      inWords(verdictOn(attempt("starting"), undefined, { now: STEP - 1_000 })),
      "Wait",
      "set back by one second"
    )
  })

  it("once no tool call can go on, the attempt is lost by the host's fault", () => {
    for (const phase of PHASES)
      assert.strictEqual(inWords(verdictOn(attempt(phase), undefined)), "Ended lost host", phase)
  })

  const UNDER_WAY: Readonly<Record<Phase, number>> = {
    intended: Duration.toMillis(SETTINGS.timeouts.beads),
    claimed: Duration.toMillis(SETTINGS.timeouts.workspace),
    workspace: 0,
    prompt: 0,
    starting: Duration.toMillis(SETTINGS.timeouts.preflight) + Duration.toMillis(SETTINGS.timeouts.ack),
    acknowledged: 0
  }
  for (const phase of PHASES) {
    it(`${phase}: the attempt is not ended for ${UNDER_WAY[phase] / 1_000} s after the last sign`, () => {
      const over = STEP + UNDER_WAY[phase]
      if (UNDER_WAY[phase] > 0) {
        assert.strictEqual(inWords(verdictOn(attempt(phase), undefined, { now: STEP })), "Wait")
        const lastWait = verdictOn(attempt(phase), undefined, { now: over - 1 })
        assert.strictEqual(inWords(lastWait), "Wait")
        assert.include(lastWait._tag === "Wait" ? lastWait.why : "", `until ${new Date(over).toISOString()}`)
        assert.strictEqual(
          inWords(verdictOn(attempt(phase), undefined, { now: over, lastSign: STEP + 1 })),
          "Wait",
          "lastSign counts, not updatedAt"
        )
      }
      assert.strictEqual(inWords(verdictOn(attempt(phase), undefined, { now: over })), "Ended lost host")
    })
  }
})

/** The verdicts on an attempt when the runner knows a job, an hour after the last step: the job runs, the job succeeded. */
type Row = readonly [running: string, ended: string]
// The attempt cannot have a job yet, so any job is of another attempt.
const NOT_ITS_JOB: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.keys(ORIGINS).map((origin): [string, Row] => [origin, ["Wait", "Ended lost host"]])
)
const TABLE: Readonly<Record<Phase, Readonly<Record<string, Row>>>> = {
  intended: NOT_ITS_JOB,
  claimed: NOT_ITS_JOB,
  workspace: NOT_ITS_JOB,
  prompt: NOT_ITS_JOB,
  starting: {
    "its own run instance": ["Acknowledge", "Ended succeeded without blame"],
    "the previous run instance": ["Wait", "Ended lost host"],
    "another run instance, started later": ["Acknowledge", "Ended succeeded without blame"],
    "another run instance, started earlier": ["Wait", "Ended lost host"],
    "no run instance, started later": ["Acknowledge", "Ended succeeded without blame"],
    "no run instance, started earlier": ["Wait", "Ended lost host"],
    "another run instance, no start time": ["Acknowledge", "Ended succeeded without blame"],
    // A job that runs is taken for its own. A job that ended without a date may be of any earlier run.
    "no run instance, no start time": ["Acknowledge", "Ended lost host"]
  },
  acknowledged: {
    "its own run instance": ["Running", "Ended succeeded without blame"],
    "the previous run instance": ["Wait", "Ended lost host"],
    // The runner has restarted its job.
    "another run instance, started later": ["Running", "Ended succeeded without blame"],
    "another run instance, started earlier": ["Wait", "Ended lost host"],
    "no run instance, started later": ["Running", "Ended succeeded without blame"],
    "no run instance, started earlier": ["Wait", "Ended lost host"],
    "another run instance, no start time": ["Running", "Ended succeeded without blame"],
    "no run instance, no start time": ["Running", "Ended succeeded without blame"]
  }
}

describe("verdict: every phase and every job", () => {
  for (const phase of PHASES) {
    for (const [origin, fields] of Object.entries(ORIGINS)) {
      const [running, ended] = TABLE[phase][origin]!
      it(`${phase}, job with ${origin}: running → ${running}, succeeded → ${ended}`, () => {
        const longLimit = { settings: settings({ limits: { maxRuntime: "2000 min" } }) }
        for (const live of ["running", "stalled"] as const)
          assert.strictEqual(inWords(verdictOn(attempt(phase), job(live, fields), longLimit)), running, live)
        assert.strictEqual(inWords(verdictOn(attempt(phase), job("succeeded", fields))), ended)
      })
    }
  }
})

describe("verdict: how the attempt's own job ended", () => {
  for (const [phase, reason, expected] of [
    ["succeeded", undefined, "Ended succeeded without blame"],
    ["no_op", undefined, "Ended no_op issue"],
    ["failed", undefined, "Ended failed issue"],
    ["failed", "tests_failed", "Ended failed issue"],
    ["failed", "quota exceeded", "Ended failed issue"],
    ["stopped", undefined, "Ended stopped runner"],
    ["gone", undefined, "Ended lost runner"]
  ] as const) {
    it(`${phase}${reason === undefined ? "" : ` (${reason})`} gives ${expected}`, () => {
      for (const attemptPhase of phase === "gone"
        ? (["acknowledged"] as const)
        : (["starting", "acknowledged"] as const)) {
        const result = verdictOn(
          attempt(attemptPhase),
          job(phase, { ...ORIGINS["its own run instance"], ...(reason === undefined ? {} : { reason }) })
        )
        assert.strictEqual(inWords(result), expected, attemptPhase)
        assert(result._tag === "Ended")
        assert.include(result.ending.detail, "opencode")
        if (reason !== undefined) assert.include(result.ending.detail, reason)
      }
    })
  }

  it("a started job without a process may have an agent, so it ends only after limits.maxRuntime", () => {
    const starting = attempt("starting")
    const gone = job("gone", ORIGINS["its own run instance"])
    const limit = 120 * 60_000
    assert.strictEqual(verdictOn(starting, gone, { now: starting.updatedAt + limit })._tag, "Wait")
    assert.strictEqual(inWords(verdictOn(starting, gone, { now: starting.updatedAt + limit + 1 })), "Ended lost runner")
  })

  it("a started job without a process ends at once if its starter is on record: the runner has looked for its processes", () => {
    const starter = ProcessIdentity.make({ pid: 4711, startedAt: "77", boot: "b" })
    const gone = job("gone", ORIGINS["its own run instance"])
    assert.strictEqual(inWords(verdictOn(attempt("starting", { starter }), gone)), "Ended lost runner")
  })
})

describe("verdict: limits and clocks", () => {
  const limit = Duration.toMillis(SETTINGS.limits.maxRuntime)

  it("a job that runs longer than limits.maxRuntime is stopped, as stalled by the bug's fault", () => {
    const verdictAt = (startedAt: number | undefined, now: number) =>
      inWords(
        verdictOn(attempt("acknowledged"), job("running", { runInstance: "ours", ...(startedAt && { startedAt }) }), {
          now
        })
      )
    assert.strictEqual(verdictAt(STEP, STEP + limit), "Running")
    assert.strictEqual(verdictAt(STEP, STEP + limit + 1), "Stop stalled issue")
    assert.strictEqual(verdictAt(undefined, STEP + limit), "Running", "without a start time: since the acknowledgement")
    assert.strictEqual(verdictAt(undefined, STEP + limit + 1), "Stop stalled issue")
    assert.strictEqual(
      verdictAt(STEP + 90 * MINUTE, STEP + limit + 1),
      "Running",
      "restarted by the runner: since the restart"
    )
  })

  it("a job of another attempt is never stopped, even after limits.maxRuntime", () => {
    for (const origin of [
      "the previous run instance",
      "another run instance, started earlier",
      "no run instance, started earlier"
    ])
      assert.strictEqual(inWords(verdictOn(attempt("acknowledged"), job("running", ORIGINS[origin]))), "Wait", origin)
  })

  it("the acknowledgement of an adopted job has all that the runner knows", () => {
    const running = job("running", { runInstance: "new", startedAt: STEP, pid: 7, log: "/l" })
    const result = verdictOn(attempt("starting"), running)
    assert(result._tag === "Acknowledge")
    assert.deepStrictEqual(
      { ...result.ack },
      { beads, provider: opencode, pid: 7, log: "/l", runInstance: "new", how: "adopted" }
    )
  })

  it("a job that starts up to two seconds before its attempt is the attempt's job", () => {
    assert.strictEqual(
      inWords(verdictOn(attempt("starting"), job("running", { startedAt: BEGAN - 1_999 }))),
      "Acknowledge"
    )
    assert.strictEqual(inWords(verdictOn(attempt("starting"), job("running", { startedAt: BEGAN - 2_001 }))), "Wait")
  })

  it("an attempt is not ended while its start may still go on, whatever the job's phase", () => {
    for (const phase of ["gone", "stopped", "failed", "succeeded"] as const)
      assert.strictEqual(
        inWords(verdictOn(attempt("starting"), job(phase, ORIGINS["its own run instance"]), { now: STEP + 89_999 })),
        "Wait",
        phase
      )
  })
})
