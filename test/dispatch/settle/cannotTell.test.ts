import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import { ProcessIdentity } from "../../../src/domain/ProcessIdentity.ts"
import { FakeBeads, FakeRunner, FakeRunnerState, FakeWorkspacesState } from "../../../src/testing/index.ts"
import { inWorld, trackerDown, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, endOf, firstBug, heldIssue, HOUR, job, nextRun, settle } from "./support.ts"

const noAnswer = new RunnerFailed({ operation: "report", detail: "no answer", blame: "runner" })
const starter = ProcessIdentity.make({ pid: 4711, startedAt: "77", boot: "b" })
const MINUTE = 60_000

/** The calls of the runner with this method. */
const runnerCalls = (method: string) =>
  Effect.flatMap(FakeRunnerState, ({ calls }) =>
    Effect.map(calls, (all): ReadonlyArray<{ readonly args: ReadonlyArray<unknown> }> =>
      all.filter((call) => String(call.method) === method)
    )
  )

describe("a job of which nothing can be told from here", () => {
  const unknownSince = (startedAt: number, more: World = {}): World => ({
    journal: { attempts: [attemptLeftIn("acknowledged", { createdAt: startedAt - MINUTE, updatedAt: startedAt })] },
    runner: { jobs: [job({ phase: "unknown", reason: "another pid namespace", startedAt })] },
    beads: { issues: [heldIssue] },
    ...more
  })

  it.effect("is left alone with a warning for limits.maxRuntime and ten minutes", () =>
    inWorld(
      unknownSince(-130 * MINUTE),
      Effect.gen(function* () {
        const { lines, report } = yield* settle
        const { attempt, issue } = yield* firstBug
        assert.deepStrictEqual([attempt?.phase, issue?.assignee], ["acknowledged", actorOf(EARLIER)])
        assert.isTrue(lines.some((line) => /WARN bd-1: .*cannot be told from here.*another pid namespace/.test(line)))
        assert.strictEqual(Option.getOrThrow(report).exit, 0)
        assert.isEmpty(yield* runnerCalls("stop"))
      })
    )
  )

  it.effect(
    "then is settled as lost: the claim is released, its worktree is left alone, and settling exits with 3",
    () =>
      inWorld(
        unknownSince(-130 * MINUTE - 1),
        Effect.gen(function* () {
          const { report } = yield* settle
          const { attempt, issue } = yield* firstBug
          assert.deepInclude({ ...attempt }, { phase: "settled", end: "lost", blame: "host" })
          assert.isUndefined(issue?.assignee)
          assert.strictEqual(Option.getOrThrow(report).exit, 3)
          assert.isEmpty([...(yield* runnerCalls("stop")), ...(yield* runnerCalls("endLeftovers"))])
          const workspaces = yield* (yield* FakeWorkspacesState).calls
          assert.isFalse(workspaces.some(({ method }) => method === "discard"))
        })
      )
  )

  it.effect("then makes a run exit with 3 that would exit with 0", () =>
    inWorld(
      unknownSince(-10 * HOUR),
      Effect.gen(function* () {
        assert.strictEqual((yield* nextRun).report.exit, 3)
        assert.strictEqual((yield* nextRun).report.exit, 0)
      })
    )
  )

  it.effect("stays open while the tracker cannot be read, and another actor's claim is not released", () =>
    Effect.gen(function* () {
      const unreadable = { issues: [heldIssue], faults: [FakeBeads.on("show").fails(trackerDown)] }
      yield* inWorld(
        unknownSince(-10 * HOUR, { beads: unreadable }),
        Effect.gen(function* () {
          yield* settle
          assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        })
      )
      yield* inWorld(
        unknownSince(-10 * HOUR, { beads: { issues: [{ ...heldIssue, assignee: "Recovery Agent" }] } }),
        Effect.gen(function* () {
          yield* settle
          const { attempt, issue } = yield* firstBug
          assert.deepStrictEqual([endOf(attempt), issue?.assignee], ["lost", "Recovery Agent"])
        })
      )
    })
  )
})

describe("a runner that cannot tell", () => {
  for (const [what, fault] of [
    ["which jobs run", FakeRunner.on("running").fails(noAnswer)],
    ["what a job left behind", FakeRunner.on("endLeftovers").fails(noAnswer)]
  ] as const) {
    it.effect(`${what}: the attempt stays open, and its claim is kept`, () =>
      inWorld(
        {
          beads: { issues: [heldIssue] },
          journal: { attempts: [attemptLeftIn("acknowledged")] },
          runner: {
            jobs: fault.method === "running" ? [] : [job({ phase: "succeeded" })],
            faults: [fault]
          }
        },
        Effect.gen(function* () {
          const { lines } = yield* settle
          const { attempt, issue } = yield* firstBug
          assert.deepStrictEqual([attempt?.phase, issue?.assignee], ["acknowledged", actorOf(EARLIER)])
          assert.isTrue(lines.some((line) => /not settled yet.*no answer/.test(line)))
        })
      )
    )
  }
})

describe("what a job left behind", () => {
  it.effect("is ended before its worktree is looked at, and what the runner leaves alone is named", () =>
    inWorld(
      {
        beads: { issues: [heldIssue] },
        journal: { attempts: [attemptLeftIn("starting", { starter })] },
        runner: {
          jobs: [job({ phase: "succeeded" })],
          faults: [FakeRunner.on("endLeftovers").answers(() => ["gradle (pid 9)", "tmux (pid 10)"])]
        }
      },
      Effect.gen(function* () {
        const { lines } = yield* settle
        assert.isTrue(lines.includes("WARN bd-1: its job has ended; left alone: gradle (pid 9); tmux (pid 10)"))
        const [call] = yield* runnerCalls("endLeftovers")
        const trace = { attempt: actorOf(EARLIER), starter, worktree: "/tmp/agents/bd-1/app", log: undefined }
        assert.deepStrictEqual(call?.args[1], trace)
      })
    )
  )
})

describe("a start of a killed run that still runs", () => {
  const startedBefore = (age: number): World => ({
    beads: { issues: [heldIssue] },
    journal: { attempts: [attemptLeftIn("starting", { createdAt: -age, updatedAt: -age, starter })] },
    runner: { jobs: [job({ phase: "starting", runInstance: undefined, startedAt: undefined })] }
  })

  it.effect("is waited for until timeouts.preflight and timeouts.ack are over", () =>
    inWorld(
      startedBefore(89_000),
      Effect.gen(function* () {
        const { lines } = yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "starting")
        assert.isEmpty(yield* runnerCalls("stop"))
        assert.isTrue(lines.some((line) => line.includes("the call that starts its job still runs")))
      })
    )
  )

  it.effect("is ended wholly afterwards, and the attempt is lost by the host's fault", () =>
    inWorld(
      startedBefore(91_000),
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "lost", blame: "host" })
        assert.isUndefined(issue?.assignee)
        assert.lengthOf(yield* runnerCalls("stop"), 1)
      })
    )
  )

  it.effect("keeps the attempt open if it cannot be ended", () =>
    inWorld(
      {
        ...startedBefore(91_000),
        runner: { ...startedBefore(0).runner, faults: [FakeRunner.on("stop").fails(noAnswer)] }
      },
      Effect.gen(function* () {
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "starting")
      })
    )
  )
})
