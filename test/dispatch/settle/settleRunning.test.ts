import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ackOfFoundJob } from "../../../src/domain/Ack.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { FakeBeads, FakeBeadsState, FakeJournalState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, trackerDown, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, heldIssue, HOUR, job, settle } from "./support.ts"

const running = job({ startedAt: -HOUR })
const ANOTHER = { ...heldIssue, assignee: "Recovery Agent" }
const workspace = Workspace.make({ path: "/x", branch: "fix/bd-1", reused: false })

/** A world with a running job whose attempt is acknowledged, and this bug in the tracker. */
const jobRuns = (issue: FakeBeads.FakeIssue, more: World = {}): World => ({
  journal: { attempts: [attemptLeftIn("acknowledged", { workspace })] },
  ...more,
  beads: { issues: [issue], ...more.beads },
  runner: { jobs: [running], ...more.runner }
})

const methods = Effect.gen(function* () {
  const [beads, runner] = yield* Effect.all([FakeBeadsState, FakeRunnerState])
  return [...(yield* beads.calls), ...(yield* runner.calls)].map(({ method }) => String(method))
})

describe("settling an attempt whose job runs reads its claim", () => {
  it.effect("that is ours: nothing changes, and the tracker is asked once", () =>
    inWorld(
      jobRuns(heldIssue),
      Effect.gen(function* () {
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        assert.notInclude(yield* methods, "show")
        assert.notInclude(yield* methods, "stop")
      })
    )
  )

  it.effect("that is free: takes it again under the same actor", () =>
    inWorld(
      jobRuns({ id: "bd-1" }),
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.deepInclude({ ...issue }, { status: "in_progress", assignee: actorOf(EARLIER) })
      })
    )
  )

  it.effect("that is another actor's: stops the job, keeps its work, and leaves that actor's claim alone", () =>
    inWorld(
      jobRuns(ANOTHER),
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.deepInclude(
          { ...attempt },
          {
            phase: "settled",
            end: "claim_lost",
            blame: "tracker",
            detail:
              "Recovery Agent has its claim (in_progress); the job was stopped, and its work is kept in /x (branch fix/bd-1)"
          }
        )
        assert.deepStrictEqual(
          (yield* (yield* FakeRunnerState).jobs).map(({ phase }) => phase),
          ["stopped"]
        )
        assert.strictEqual(issue?.assignee, "Recovery Agent")
      })
    )
  )

  it.effect("that is another actor's, when the job cannot be stopped: the attempt stays open, with an alert", () =>
    inWorld(
      jobRuns(ANOTHER, { runner: { jobs: [running], faults: [FakeRunner.on("stop").answers(() => false)] } }),
      Effect.gen(function* () {
        const { lines } = yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        assert.deepStrictEqual(
          (yield* (yield* FakeJournalState).notices).map(({ kind }) => kind),
          ["claim_stuck"]
        )
        assert.isTrue(lines.some((line) => /Recovery Agent has its claim.*could not be ended/.test(line)))
      })
    )
  )

  it.effect("that is another actor's: a job that may be that actor's own is left alone, and the attempt ends", () =>
    Effect.forEach(
      [
        attemptLeftIn("acknowledged", { ack: ackOfFoundJob(running, "adopted") }),
        attemptLeftIn("starting", { previousRun: "run-0" })
      ],
      (attempt) =>
        inWorld(
          jobRuns(ANOTHER, { journal: { attempts: [attempt] } }),
          Effect.gen(function* () {
            yield* settle
            const { attempt, issue } = yield* firstBug
            assert.deepInclude({ ...attempt }, { phase: "settled", end: "claim_lost" })
            assert.notInclude(yield* methods, "stop")
            assert.strictEqual(issue?.assignee, "Recovery Agent")
          })
        )
    )
  )

  it.effect("that cannot be read: the job goes on, with a warning", () =>
    inWorld(
      jobRuns(ANOTHER, { beads: { issues: [ANOTHER], faults: [FakeBeads.on("show").fails(trackerDown)] } }),
      Effect.gen(function* () {
        const { lines } = yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        assert.notInclude(yield* methods, "stop")
        assert.isTrue(lines.some((line) => /WARN.*still ours cannot be told.*database is locked/.test(line)))
      })
    )
  )
})
