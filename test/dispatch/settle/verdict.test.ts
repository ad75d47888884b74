import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck } from "effect"
import { vi } from "vitest"
import { verdict, type Evidence, type Verdict } from "../../../src/dispatch/settle/verdict.ts"
import type { Attempt, AttemptPhase } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { isLive, Job, JobPhase } from "../../../src/domain/Job.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { fakeAttempt, type FakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { settings } from "../support.ts"

// Time for a busy machine.
vi.setConfig({ testTimeout: 20_000 })

const MINUTE = 60_000
const beads = BeadsId.make("bd-1")
const opencode = ProviderName.make("opencode")
const SETTINGS = settings()

/** When the attempt began, when its last step was, and a time by which nothing can be under way any more. */
const BEGAN = 1_000 * MINUTE
const STEP = BEGAN + 1 * MINUTE
const LATER = STEP + 60 * MINUTE

/** A settled attempt is nobody's business any more, and one that is ending is known to have ended. */
type Phase = Exclude<AttemptPhase, "settled" | "ending">
const BEFORE_START = ["intended", "claimed", "workspace", "prompt"] as const
const PHASES = [...BEFORE_START, "starting", "acknowledged"] as const

const attempt = (phase: Phase, changes: FakeAttempt = {}): Attempt =>
  fakeAttempt(phase, {
    ...(phase === "starting" || phase === "acknowledged" ? { provider: opencode, previousRun: "yesterday" } : {}),
    ...(phase === "acknowledged"
      ? { ack: Ack.make({ beads, provider: opencode, runInstance: "ours", how: "started" }) }
      : {}),
    createdAt: BEGAN,
    updatedAt: STEP,
    ...changes
  })

type Told = Partial<ConstructorParameters<typeof Job>[0]>
const job = (phase: JobPhase, told: Told = {}): Job => new Job({ beads, provider: opencode, phase, ...told })

const judged = (one: Attempt, known: Job | undefined, more: Partial<Evidence> = {}): Verdict =>
  verdict({ attempt: one, job: known, settings: SETTINGS, now: LATER, lastSign: one.updatedAt, ...more })

/** A verdict in a word: what is done, and where something ends how and by whose fault. */
const word = (told: Verdict): string =>
  told._tag === "Ended" || told._tag === "Stop"
    ? [told._tag, told.ending.end, told.ending.blame ?? "nobody"].join(" ")
    : told._tag

/** Whose a job is, as it shows in the runner's words. */
const WHOSE: Readonly<Record<string, Told>> = {
  ours: { runInstance: "ours", startedAt: STEP + 1_000 },
  "previous one's": { runInstance: "yesterday", startedAt: BEGAN - 1_000 * MINUTE },
  "later instance's": { runInstance: "another", startedAt: STEP + 1_000 },
  "earlier instance's": { runInstance: "another", startedAt: BEGAN - 1_000 * MINUTE },
  "no instance's, later": { startedAt: STEP + 1_000 },
  "no instance's, earlier": { startedAt: BEGAN - 1_000 * MINUTE },
  "instance's of no time": { runInstance: "another" },
  nobody: {}
}

describe("verdict: no job", () => {
  it("a clock that was set back keeps no attempt open until the day it came from", () => {
    for (const phase of PHASES)
      assert.strictEqual(
        word(judged(attempt(phase), undefined, { now: STEP - 600 * MINUTE })),
        "Ended lost host",
        phase
      )
    assert.strictEqual(word(judged(attempt("starting"), undefined, { now: STEP - 1_000 })), "Wait", "a second only")
  })

  it("whatever was under way is over: the attempt is lost, by the fault of this host", () => {
    for (const phase of PHASES) assert.strictEqual(word(judged(attempt(phase), undefined)), "Ended lost host", phase)
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
    it(`${phase}: nothing is ended for ${UNDER_WAY[phase] / 1_000} s after the last sign`, () => {
      const over = STEP + UNDER_WAY[phase]
      if (UNDER_WAY[phase] > 0) {
        assert.strictEqual(word(judged(attempt(phase), undefined, { now: STEP })), "Wait")
        const last = judged(attempt(phase), undefined, { now: over - 1 })
        assert.strictEqual(word(last), "Wait")
        assert.include(last._tag === "Wait" ? last.why : "", `until ${new Date(over).toISOString()}`)
        assert.strictEqual(
          word(judged(attempt(phase), undefined, { now: over, lastSign: STEP + 1 })),
          "Wait",
          "the last sign counts, wherever it is known from"
        )
      }
      assert.strictEqual(word(judged(attempt(phase), undefined, { now: over })), "Ended lost host")
    })
  }
})

/**
 * What is to be done with an attempt that has come this far when the runner knows of a job, long after. Rows: whose job;
 * columns: it runs; it ended well.
 */
type Row = readonly [running: string, ended: string]
// No job of its own can exist, so whatever runs is somebody else's, and whatever ended tells nothing of it.
const nobodys: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.keys(WHOSE).map((whose): [string, Row] => [whose, ["Wait", "Ended lost host"]])
)
const TABLE: Readonly<Record<Phase, Readonly<Record<string, Row>>>> = {
  intended: nobodys,
  claimed: nobodys,
  workspace: nobodys,
  prompt: nobodys,
  starting: {
    ours: ["Acknowledge", "Ended succeeded nobody"],
    "previous one's": ["Wait", "Ended lost host"],
    "later instance's": ["Acknowledge", "Ended succeeded nobody"],
    "earlier instance's": ["Wait", "Ended lost host"],
    "no instance's, later": ["Acknowledge", "Ended succeeded nobody"],
    "no instance's, earlier": ["Wait", "Ended lost host"],
    "instance's of no time": ["Acknowledge", "Ended succeeded nobody"],
    // It runs now and nothing says that it did before; ended without a date it may be from any night.
    nobody: ["Acknowledge", "Ended lost host"]
  },
  acknowledged: {
    ours: ["Wait", "Ended succeeded nobody"],
    "previous one's": ["Wait", "Ended lost host"],
    // The runner restarted it.
    "later instance's": ["Wait", "Ended succeeded nobody"],
    "earlier instance's": ["Wait", "Ended lost host"],
    "no instance's, later": ["Wait", "Ended succeeded nobody"],
    "no instance's, earlier": ["Wait", "Ended lost host"],
    "instance's of no time": ["Wait", "Ended succeeded nobody"],
    nobody: ["Wait", "Ended succeeded nobody"]
  }
}

describe("verdict: every phase × every job", () => {
  for (const phase of PHASES) {
    for (const [whose, told] of Object.entries(WHOSE)) {
      const [running, ended] = TABLE[phase][whose]!
      it(`${phase} × ${whose}: running → ${running}, ended → ${ended}`, () => {
        const patient = { settings: settings({ limits: { maxRuntime: "2000 min" } }) }
        for (const live of ["running", "stalled"] as const)
          assert.strictEqual(word(judged(attempt(phase), job(live, told), patient)), running, live)
        assert.strictEqual(word(judged(attempt(phase), job("succeeded", told))), ended)
      })
    }
  }
})

describe("verdict: how a job of its own ended", () => {
  for (const [phase, reason, expected] of [
    ["succeeded", undefined, "Ended succeeded nobody"],
    ["no_op", undefined, "Ended no_op issue"],
    ["failed", undefined, "Ended failed issue"],
    ["failed", "tests_failed", "Ended failed issue"],
    ["failed", "auth_failed", "Ended failed provider"],
    ["failed", "opencode_rate_limited", "Ended failed provider"],
    ["failed", "author_unknown", "Ended failed issue"],
    ["failed", "quota exceeded", "Ended failed provider"],
    ["failed", "rate_limit", "Ended failed provider"],
    ["stopped", undefined, "Ended lost runner"],
    ["gone", undefined, "Ended lost runner"]
  ] as const) {
    it(`${phase}${reason === undefined ? "" : ` (${reason})`}: ${expected}`, () => {
      for (const one of phase === "gone" ? (["acknowledged"] as const) : (["starting", "acknowledged"] as const)) {
        const told = judged(attempt(one), job(phase, { ...WHOSE["ours"], ...(reason === undefined ? {} : { reason }) }))
        assert.strictEqual(word(told), expected, one)
        assert(told._tag === "Ended")
        assert.include(told.ending.detail, "opencode")
        if (reason !== undefined) assert.include(told.ending.detail, reason)
      }
    })
  }

  it("begun, and no process of it known: its agent may live, so it is over only after limits.maxRuntime", () => {
    const begun = attempt("starting")
    const gone = job("gone", WHOSE["ours"])
    const limit = 120 * 60_000
    assert.strictEqual(judged(begun, gone, { now: begun.updatedAt + limit })._tag, "Wait")
    assert.strictEqual(word(judged(begun, gone, { now: begun.updatedAt + limit + 1 })), "Ended lost runner")
  })
})

describe("verdict: the rest", () => {
  const limit = Duration.toMillis(SETTINGS.limits.maxRuntime)

  it("a job that has run for too long is ended, and that is a stall by the bug's fault", () => {
    const told = (startedAt: number | undefined, now: number) =>
      word(
        judged(attempt("acknowledged"), job("running", { runInstance: "ours", ...(startedAt && { startedAt }) }), {
          now
        })
      )
    assert.strictEqual(told(STEP, STEP + limit), "Wait")
    assert.strictEqual(told(STEP, STEP + limit + 1), "Stop stalled issue")
    assert.strictEqual(told(undefined, STEP + limit), "Wait", "without its start, since it was acknowledged")
    assert.strictEqual(told(undefined, STEP + limit + 1), "Stop stalled issue")
    assert.strictEqual(told(STEP + 90 * MINUTE, STEP + limit + 1), "Wait", "restarted by the runner: since then")
  })

  it("a job that is not this attempt's is never ended, however long it runs", () => {
    for (const whose of ["previous one's", "earlier instance's", "no instance's, earlier"])
      assert.strictEqual(word(judged(attempt("acknowledged"), job("running", WHOSE[whose]))), "Wait", whose)
  })

  it("a job that is adopted is told of with what the runner knows", () => {
    const known = job("running", { runInstance: "new", startedAt: STEP, pid: 7, log: "/l" })
    const told = judged(attempt("starting"), known)
    assert(told._tag === "Acknowledge")
    assert.deepStrictEqual(
      { ...told.ack },
      { beads, provider: opencode, pid: 7, log: "/l", runInstance: "new", how: "adopted" }
    )
  })

  it("clocks of two tools, rounded to seconds: a job that seems to begin right before its attempt is its own", () => {
    assert.strictEqual(word(judged(attempt("starting"), job("running", { startedAt: BEGAN - 1_999 }))), "Acknowledge")
    assert.strictEqual(word(judged(attempt("starting"), job("running", { startedAt: BEGAN - 2_001 }))), "Wait")
  })

  it("while a start may still be under way, a job that vanished may yet begin: nothing is ended", () => {
    for (const phase of ["gone", "stopped", "failed", "succeeded"] as const)
      assert.strictEqual(
        word(judged(attempt("starting"), job(phase, WHOSE["ours"]), { now: STEP + 89_999 })),
        "Wait",
        phase
      )
  })
})

describe("verdict: properties", () => {
  const time = FastCheck.integer({ min: -200, max: 400 }).map((minutes) => BEGAN + minutes * MINUTE)
  const instance = FastCheck.constantFrom("ours", "yesterday", "another", undefined)
  const anyAttempt = FastCheck.record({
    phase: FastCheck.constantFrom(...PHASES),
    acked: instance,
    previousRun: FastCheck.constantFrom("yesterday", undefined)
  }).map(({ acked, phase, previousRun }) =>
    attempt(phase, {
      ...(phase === "starting" || phase === "acknowledged" ? { previousRun } : {}),
      ...(phase === "acknowledged"
        ? { ack: Ack.make({ beads, provider: opencode, runInstance: acked, how: "started" }) }
        : {})
    })
  )
  const anyJob = FastCheck.record({
    phase: FastCheck.constantFrom(...JobPhase.literals),
    runInstance: instance,
    startedAt: FastCheck.option(time, { nil: undefined }),
    endedAt: FastCheck.option(time, { nil: undefined }),
    exitCode: FastCheck.constantFrom(0, 1, undefined),
    reason: FastCheck.constantFrom("auth", "tests", undefined)
  }).map((told) => new Job({ beads, provider: opencode, ...told }))
  const anyEvidence: FastCheck.Arbitrary<Evidence> = FastCheck.record({
    attempt: anyAttempt,
    job: FastCheck.option(anyJob, { nil: undefined }),
    now: FastCheck.integer({ min: 0, max: 300 * 60 }).map((seconds) => STEP + seconds * 1_000),
    lastSign: FastCheck.constantFrom(STEP, BEGAN - 30 * MINUTE),
    settings: FastCheck.constant(SETTINGS)
  })
  const holds = (property: (evidence: Evidence, told: Verdict) => void) =>
    FastCheck.assert(
      FastCheck.property(anyEvidence, (evidence) => property(evidence, verdict(evidence))),
      { numRuns: 400 }
    )

  it("a live job is never taken for an end: it is ended first, and only when it has run for too long", () => {
    holds(({ attempt, job, now }, told) => {
      if (job === undefined || !isLive(job)) return assert.include(["Wait", "Ended"], told._tag)
      assert.notStrictEqual(told._tag, "Ended")
      if (told._tag !== "Stop") return
      assert.strictEqual(attempt.phase, "acknowledged")
      assert.isAbove(now - (job.startedAt ?? attempt.updatedAt), Duration.toMillis(SETTINGS.limits.maxRuntime))
    })
  })

  it("an attempt before `starting` has no job: it neither takes one over nor ends as one did", () => {
    holds(({ attempt }, told) => {
      if (attempt.phase === "starting" || attempt.phase === "acknowledged") return
      assert.include(["Wait", "Ended lost host"], word(told))
    })
  })

  it("only a job that was not there before is adopted or makes an end", () => {
    holds(({ attempt, job }, told) => {
      if (attempt.phase !== "starting" || job === undefined || job.runInstance !== "yesterday") return
      if (attempt.previousRun === "yesterday") assert.include(["Wait", "Ended lost host"], word(told))
    })
  })

  it("nothing is ended within the time that what was under way may take", () => {
    const { ack, beads, preflight, workspace } = SETTINGS.timeouts
    holds(({ attempt, lastSign, now }, told) => {
      const since = Math.abs(now - lastSign)
      const within =
        attempt.phase === "intended"
          ? Duration.toMillis(beads)
          : attempt.phase === "claimed"
            ? Duration.toMillis(workspace)
            : attempt.phase === "starting"
              ? Duration.toMillis(preflight) + Duration.toMillis(ack)
              : 0
      if (since < within) assert.notStrictEqual(told._tag, "Ended")
    })
  })

  it("only a job's own end is the bug's fault, a provider's or the runner's", () => {
    holds(({ job }, told) => {
      if (told._tag === "Ended" && told.ending.blame !== "host") assert.isDefined(job)
      if (told._tag === "Ended" || told._tag === "Stop") assert.match(told.ending.detail, /\S/)
    })
  })

  it("the same input gives the same verdict", () => {
    holds((evidence, told) => assert.deepStrictEqual(verdict(evidence), told))
  })
})
