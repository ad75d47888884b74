import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck } from "effect"
import { verdict, type Evidence, type Verdict } from "../../../src/dispatch/settle/verdict.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { isLive, Job, JobPhase } from "../../../src/domain/Job.ts"
import { MINUTE, beads, opencode, SETTINGS, BEGAN, STEP, PHASES, attempt, inWords } from "./verdictCases.ts"

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
  }).map((fields) => new Job({ beads, provider: opencode, ...fields }))
  const anyEvidence: FastCheck.Arbitrary<Evidence> = FastCheck.record({
    attempt: anyAttempt,
    job: FastCheck.option(anyJob, { nil: undefined }),
    now: FastCheck.integer({ min: 0, max: 300 * 60 }).map((seconds) => STEP + seconds * 1_000),
    lastSign: FastCheck.constantFrom(STEP, BEGAN - 30 * MINUTE),
    settings: FastCheck.constant(SETTINGS)
  })
  const holds = (property: (evidence: Evidence, result: Verdict) => void) =>
    FastCheck.assert(
      FastCheck.property(anyEvidence, (evidence) => property(evidence, verdict(evidence))),
      { numRuns: 400 }
    )

  it("an attempt with a live job is not ended; the job is stopped first, and only after limits.maxRuntime", () => {
    holds(({ attempt, job, now }, result) => {
      if (job === undefined || !isLive(job)) return assert.include(["Wait", "Ended"], result._tag)
      assert.notStrictEqual(result._tag, "Ended")
      if (result._tag !== "Stop" || (job.phase === "starting" && attempt.phase === "starting")) return
      assert.strictEqual(attempt.phase, "acknowledged")
      assert.isAbove(now - (job.startedAt ?? attempt.updatedAt), Duration.toMillis(SETTINGS.limits.maxRuntime))
    })
  })

  it("a job of which nothing can be told is never stopped, adopted or taken for ended; it waits, and then is abandoned", () => {
    const mayRun = Duration.toMillis(SETTINGS.limits.maxRuntime) + 10 * MINUTE
    holds(({ attempt, job, now }, result) => {
      if (job?.phase !== "unknown") return assert.notStrictEqual(result._tag, "Abandon")
      const began = Math.max(job.startedAt ?? attempt.updatedAt, attempt.createdAt)
      assert.strictEqual(inWords(result), Math.abs(now - began) > mayRun ? "Abandon lost host" : "Wait")
    })
  })

  it("an attempt before `starting` adopts no job and takes no job's end", () => {
    holds(({ attempt, job }, result) => {
      if (attempt.phase === "starting" || attempt.phase === "acknowledged" || job?.phase === "unknown") return
      assert.include(["Wait", "Ended lost host"], inWords(result))
    })
  })

  it("the previous run instance is neither adopted nor taken for the attempt's end", () => {
    holds(({ attempt, job }, result) => {
      if (attempt.phase !== "starting" || job?.runInstance !== "yesterday" || job.phase === "unknown") return
      if (attempt.previousRun === "yesterday") assert.include(["Wait", "Ended lost host"], inWords(result))
    })
  })

  it("no attempt is ended while its last tool call may still go on", () => {
    const { ack, beads, preflight, workspace } = SETTINGS.timeouts
    holds(({ attempt, lastSign, now }, result) => {
      const since = Math.abs(now - lastSign)
      const within =
        attempt.phase === "intended"
          ? Duration.toMillis(beads)
          : attempt.phase === "claimed"
            ? Duration.toMillis(workspace)
            : attempt.phase === "starting"
              ? Duration.toMillis(preflight) + Duration.toMillis(ack)
              : 0
      if (since < within) assert.notStrictEqual(result._tag, "Ended")
    })
  })

  it("without a job, the blame of an end is always `host`", () => {
    holds(({ job }, result) => {
      if (result._tag === "Ended" && result.ending.blame !== "host") assert.isDefined(job)
      if (result._tag === "Ended" || result._tag === "Stop") assert.match(result.ending.detail, /\S/)
    })
  })

  it("the same evidence gives the same verdict", () => {
    holds((evidence, result) => assert.deepStrictEqual(verdict(evidence), result))
  })
})
