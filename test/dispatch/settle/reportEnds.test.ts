import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import {
  FakeBeads,
  FakeJournal,
  FakeJournalState,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import { watching, worldOf } from "../../watch/support.ts"
import { inWorld, oneBug, threeBugs, trackerDown, type World } from "../support.ts"
import { nextRun, settle } from "./support.ts"

const jobLines = (lines: ReadonlyArray<string>) => lines.filter((line) => / JOB_(?:SUCCEEDED|FAILED) /.test(line))

const summary = (lines: ReadonlyArray<string>) => lines.find((line) => line.startsWith("RUN_SUMMARY")) ?? ""

/** Ends the job of this bug, which leaves work if it ends well. */
const finish = Effect.fn("finish")(function* (id: string, exitCode: number) {
  const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
  const job = (yield* runner.jobs).find(({ beads }) => beads === id)
  if (exitCode === 0) yield* workspaces.leaveWork(job?.worktree ?? "")
  yield* TestClock.adjust("20 minutes")
  yield* runner.finish(BeadsId.make(id), exitCode)
})

const WORKS: World = { ...oneBug, settings: { limits: { maxRuntime: "10 h" } } }

describe("the ends of jobs", () => {
  it.effect("a run reports the end of an earlier run's job, with its line, its counts and in its report", () =>
    inWorld(
      WORKS,
      Effect.gen(function* () {
        yield* nextRun
        yield* finish("bd-1", 1)
        const { lines, report } = yield* nextRun
        assert.lengthOf(jobLines(lines), 1)
        assert.match(
          jobLines(lines)[0] ?? "",
          /^❌ JOB_FAILED beads=bd-1 provider=opencode end=failed blame=undecided error="the job failed \(opencode, exit 1\).*" log=\S+ duration_ms=1200000$/
        )
        assert.deepInclude(report.ended[0], { beads: BeadsId.make("bd-1"), end: "failed", blame: "undecided" })
        assert.include(summary(lines), "malformed=0 jobs_succeeded=0 jobs_failed=1 running=0 settled=1 exit=0")
        const next = yield* nextRun
        assert.deepStrictEqual([jobLines(next.lines), next.report.ended], [[], []], "each end counts in one run only")
      })
    )
  )

  it.effect("the bug is to blame once a second provider has failed with it too, whoever settles the job", () =>
    inWorld(
      { ...WORKS, settings: { ...WORKS.settings, limits: { maxRuntime: "10 h", maxAttempts: 3 } } },
      Effect.gen(function* () {
        const blames: Array<unknown> = []
        for (const settling of [nextRun, settle]) {
          yield* nextRun
          yield* finish("bd-1", 1)
          const [line = ""] = jobLines((yield* settling).lines)
          blames.push(/ blame=(\w+) /.exec(line)?.[1])
          yield* TestClock.adjust("2 hours")
        }
        assert.deepStrictEqual(blames, ["undecided", "issue"])
        assert.strictEqual((yield* nextRun).report.ended[0]?.blame, "issue")
      })
    )
  )

  it.effect("a job that ended well has a line with its branch and its commits", () =>
    inWorld(
      WORKS,
      Effect.gen(function* () {
        yield* nextRun
        yield* finish("bd-1", 0)
        const { lines, report } = yield* nextRun
        assert.match(
          jobLines(lines).join(),
          /^✅ JOB_SUCCEEDED beads=bd-1 provider=opencode branch=\S+ commits=\d+ verified=none duration_ms=1200000$/
        )
        assert.strictEqual(report.exit, 0)
        assert.include(summary(lines), "jobs_succeeded=1 jobs_failed=0")
      })
    )
  )

  it.effect("what `settle` settled is in its log, and the next run reports it", () =>
    inWorld(
      threeBugs,
      Effect.gen(function* () {
        yield* nextRun
        for (const id of ["bd-1", "bd-2", "bd-3"]) yield* finish(id, 1)
        assert.lengthOf(jobLines((yield* settle).lines), 3)
        assert.lengthOf(jobLines((yield* settle).lines), 0)
        const { lines, report } = yield* nextRun
        assert.lengthOf(jobLines(lines), 3)
        assert.deepStrictEqual([report.ended.length, report.settled, report.exit], [3, 0, 3])
        assert.strictEqual((yield* nextRun).report.exit, 0)
      })
    )
  )

  it.effect("what the watcher settled is in its log, and the next run reports it", () =>
    Effect.gen(function* () {
      yield* nextRun
      const watcher = yield* watching()
      yield* finish("bd-1", 1)
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf(jobLines((yield* watcher.join).lines), 1)
      const { lines, report } = yield* nextRun
      assert.deepStrictEqual([jobLines(lines).length, report.ended.length, report.settled], [1, 1, 0])
    }).pipe(Effect.provide(worldOf(WORKS)))
  )

  it.effect("a run that cannot read the tracker reports them too, and keeps its exit code", () =>
    inWorld(
      { ...threeBugs, beads: { ...threeBugs.beads, faults: [FakeBeads.on("openBugs").fails(trackerDown).from(2)] } },
      Effect.gen(function* () {
        yield* nextRun
        for (const id of ["bd-1", "bd-2", "bd-3"]) yield* finish(id, 1)
        const { lines, report } = yield* nextRun
        assert.deepStrictEqual([jobLines(lines).length, report.ended.length, report.exit], [3, 3, 4])
      })
    )
  )

  it.effect("a run whose report cannot be stored leaves them to the next run", () =>
    inWorld(
      {
        ...WORKS,
        journal: {
          faults: [
            FakeJournal.on("end")
              .fails(new JournalFailed({ file: "memory", reason: "unusable", detail: "disk full" }))
              .from(2)
              .times(1)
          ]
        }
      },
      Effect.gen(function* () {
        yield* nextRun
        yield* finish("bd-1", 1)
        assert.strictEqual((yield* nextRun).report.exit, 6)
        const { lines, report } = yield* nextRun
        assert.deepStrictEqual([jobLines(lines).length, report.ended.length], [1, 1])
      })
    )
  )

  it.effect("the last three jobs, of two bugs, failed in three runs: the third exits 3", () =>
    inWorld(
      {
        ...oneBug,
        beads: { issues: [{ id: "bd-1" }, { id: "bd-2", title: "b" }] },
        settings: { limits: { maxDispatches: 1 } }
      },
      Effect.gen(function* () {
        const exits: Array<number> = []
        for (let n = 0; n < 4; n++) {
          const { report } = yield* nextRun
          exits.push(report.exit)
          const started = report.outcomes.find(({ _tag }) => _tag === "Dispatched")
          yield* finish(String(started?.beads), 1)
          yield* TestClock.adjust("1 hour")
        }
        assert.deepStrictEqual(exits, [0, 0, 0, 3])
        assert.lengthOf(yield* (yield* FakeJournalState).attempts, 4)
      })
    )
  )
})
