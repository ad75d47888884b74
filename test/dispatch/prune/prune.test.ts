import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { prune, type PruneBounds } from "../../../src/dispatch/prune/prune.ts"
import type { Attempt } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import type { FakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { actorOf, attemptLeftIn, EARLIER, HOUR, job, nextRun } from "../settle/support.ts"
import { inWorld, options, trackerDown, type World } from "../support.ts"

const DAY = 24 * HOUR
const BOUNDS: PruneBounds = { dryRun: false, limit: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY }

const at = (id: string, days: number, changes: FakeAttempt = {}): Attempt =>
  attemptLeftIn("settled", {
    actor: actorOf(EARLIER, Number(id.slice(3))),
    beads: BeadsId.make(id),
    createdAt: -days * DAY,
    updatedAt: -days * DAY,
    workspace: new Workspace({ path: `/fake/agents/${id}/app`, branch: `feature-${id}`, reused: false }),
    ...changes
  })

const jobOf = (id: string, days: number) =>
  job({
    beads: BeadsId.make(id),
    phase: "succeeded",
    runInstance: `run-${id}`,
    startedAt: -days * DAY,
    endedAt: -days * DAY
  })

/** The state of the bug decides: bd-1 and bd-6 are over, the others are not. All that they own is old. */
const world: World = {
  beads: {
    issues: [
      { id: "bd-1", status: "closed", closedAt: -401 * DAY },
      { id: "bd-2", status: "open" },
      { id: "bd-3", status: "in_progress", closedAt: -401 * DAY, assignee: "somebody" },
      { id: "bd-4", status: "closed", closedAt: -401 * DAY },
      { id: "bd-5", status: "closed", closedAt: -401 * DAY }
    ]
  },
  runner: { jobs: ["bd-1", "bd-2", "bd-3", "bd-4", "bd-5", "bd-6"].map((id) => jobOf(id, 401)) },
  journal: {
    attempts: [
      ...["bd-1", "bd-2", "bd-3", "bd-4", "bd-6"].map((id) => at(id, 401)),
      at("bd-5", 401),
      attemptLeftIn("acknowledged", { actor: actorOf(EARLIER, 9), beads: BeadsId.make("bd-5"), updatedAt: -1 })
    ]
  }
}

/** A worktree of an earlier run for each bug; bd-4's holds work. */
const makeWorktrees = Effect.gen(function* () {
  const workspaces = yield* Workspaces
  for (const id of ["bd-1", "bd-2", "bd-3", "bd-4", "bd-5"]) {
    yield* Effect.scoped(Effect.tap(workspaces.acquire(BeadsId.make(id), options.repository), workspaces.keep))
  }
  yield* Effect.flatMap(FakeWorkspacesState, (state) => state.leaveWork("/fake/agents/bd-4/app", 2))
})

const left = Effect.gen(function* () {
  const journal = yield* (yield* FakeJournalState).attempts
  const jobs = yield* (yield* FakeRunnerState).jobs
  const workspaces = yield* (yield* FakeWorkspacesState).workspaces
  return {
    attempts: [...new Set(journal.map(({ beads }) => String(beads)))].toSorted(),
    jobs: jobs.map(({ beads }) => String(beads)).toSorted(),
    worktrees: workspaces.map(({ path }) => path.split("/")[3]).toSorted()
  }
})

const pruned = (bounds: Partial<PruneBounds> = {}) =>
  Effect.map(prune(options, { ...BOUNDS, ...bounds }, Effect.asSome), Option.getOrThrow)

describe("pruning", () => {
  it.effect("removes what is old of bugs that are over, and says why the rest stays", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        yield* makeWorktrees
        const everything = yield* left
        const dry = yield* pruned({ dryRun: true })
        assert.deepStrictEqual(yield* left, everything, "a dry run removes nothing")
        const report = yield* pruned()
        assert.deepStrictEqual({ ...dry, kept: [] }, { ...report, dryRun: true, kept: [] })
        assert.deepInclude(report, { attempts: 2, logs: { jobs: 2, bytes: 2000 }, worktrees: 1, left: 0 })
        const kept = Object.fromEntries(report.kept.map(({ bugs, why }) => [why, [...bugs].toSorted()]))
        assert.deepStrictEqual(kept, {
          "not closed in the tracker": ["bd-2", "bd-3"],
          "its worktree holds commits": ["bd-4"],
          "an attempt is open": ["bd-5"]
        })
        assert.deepStrictEqual(yield* left, {
          attempts: ["bd-2", "bd-3", "bd-4", "bd-5"],
          jobs: ["bd-2", "bd-3", "bd-4", "bd-5"],
          worktrees: ["bd-2", "bd-3", "bd-4", "bd-5"]
        })
      })
    )
  )

  it.effect("records are kept for retention.journal, logs and worktrees for retention.logs", () =>
    inWorld(
      {
        settings: { retention: { journal: "100 d", logs: "10 d" } },
        beads: { issues: ["bd-1", "bd-2", "bd-3"].map((id) => ({ id, status: "closed", closedAt: 0 })) },
        runner: { jobs: [jobOf("bd-1", 101), jobOf("bd-2", 11), jobOf("bd-3", 9)] },
        journal: { attempts: [at("bd-1", 101), at("bd-2", 11), at("bd-3", 9)] }
      },
      Effect.gen(function* () {
        const workspaces = yield* Workspaces
        for (const id of ["bd-2", "bd-3"].map((id) => BeadsId.make(id))) {
          yield* Effect.scoped(Effect.tap(workspaces.acquire(id, options.repository), workspaces.keep))
        }
        yield* pruned()
        assert.deepStrictEqual(yield* left, { attempts: ["bd-2", "bd-3"], jobs: ["bd-3"], worktrees: ["bd-3"] })
      })
    )
  )

  it.effect(
    "whatever the settings say, keeps the records that a provider's health is judged by, and a job that may run",
    () =>
      inWorld(
        {
          settings: { retention: { journal: "1 min", logs: "1 min" } },
          beads: { issues: [{ id: "bd-1", status: "closed", closedAt: 0 }] },
          runner: { jobs: [jobOf("bd-1", 1 / 24)] },
          journal: { attempts: [at("bd-1", 7)] }
        },
        Effect.gen(function* () {
          yield* pruned()
          assert.deepStrictEqual(yield* left, { attempts: ["bd-1"], jobs: ["bd-1"], worktrees: [] })
        })
      )
  )

  it.effect("an attempt of another tracker stays, although this tracker does not know its bug", () =>
    inWorld(
      {
        journal: { attempts: [at("bd-1", 500, { tracker: "/other/.beads" })], identity: { trackers: ["/src/.beads"] } }
      },
      Effect.gen(function* () {
        const report = yield* pruned()
        assert.deepStrictEqual(report.kept, [{ why: "of another tracker or repository", bugs: ["bd-1"] }])
        assert.lengthOf((yield* left).attempts, 1)
      })
    )
  )

  it.effect("removes nothing if the tracker cannot be read", () =>
    inWorld(
      { ...world, beads: { ...world.beads, faults: [FakeBeads.on("openBugs").fails(trackerDown)] } },
      Effect.gen(function* () {
        yield* makeWorktrees
        const everything = yield* left
        assert.strictEqual((yield* Effect.flip(pruned()))._tag, "TrackerFailed")
        assert.deepStrictEqual(yield* left, everything)
        assert.isUndefined(
          yield* Effect.flatMap(FakeJournalState, ({ calls }) =>
            Effect.map(calls, (all) => all.find(({ method }) => method === "prune"))
          )
        )
      })
    )
  )

  it.effect("keeps a bug that the tracker cannot show", () =>
    inWorld(
      { ...world, beads: { ...world.beads, faults: [FakeBeads.on("show", "bd-1").fails(trackerDown)] } },
      Effect.gen(function* () {
        yield* pruned()
        assert.include((yield* left).attempts, "bd-1")
      })
    )
  )

  it.effect("looks at no more bugs than its limit, and reaches all of them in the end", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        assert.strictEqual((yield* pruned({ limit: 2 })).left, 4)
        assert.strictEqual((yield* pruned({ deadline: 0 })).left, (yield* pruned({ dryRun: true, limit: 0 })).left)
        for (let n = 0; n < 40; n++) yield* pruned({ limit: 2 })
        assert.notInclude((yield* left).attempts, "bd-1")
        assert.notInclude((yield* left).attempts, "bd-6")
      })
    )
  )
})

describe("a run", () => {
  const prunes = Effect.flatMap(FakeJournalState, ({ calls }) =>
    Effect.map(calls, (all) => all.filter(({ method }) => method === "prune").length)
  )

  it.effect("prunes once a day, after its dispatches", () =>
    inWorld(
      { ...world, beads: { issues: [...world.beads!.issues!, { id: "bd-7", title: "another" }] } },
      Effect.gen(function* () {
        const { lines, report } = yield* nextRun
        assert.strictEqual(report.error, undefined)
        assert.isTrue(
          lines.some((line) =>
            /^PRUNED runs=0 attempts=[1-9] alerts=0 logs=[1-9] bytes=\d+000 worktrees=0 kept=1 left=0$/.test(line)
          ),
          lines.join("\n")
        )
        yield* TestClock.adjust("23 hours")
        yield* nextRun
        assert.strictEqual(yield* prunes, 1)
        yield* TestClock.adjust("1 hours")
        yield* nextRun
        assert.strictEqual(yield* prunes, 2)
      })
    )
  )

  it.effect("goes on if pruning fails, logs why, and the next run tries again", () => {
    const failure = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "disk full" })
    return inWorld(
      {
        beads: { issues: [{ id: "bd-7", title: "another" }] },
        journal: { faults: [FakeJournal.on("prune").fails(failure).times(1)] }
      },
      Effect.gen(function* () {
        const { lines, report } = yield* nextRun
        assert.strictEqual(report.exit, 0)
        assert.isTrue(lines.some((line) => /what is old was not removed.*disk full/.test(line)))
        yield* nextRun
        assert.strictEqual(yield* prunes, 2)
        assert.isNotEmpty(yield* (yield* FakeBeadsState).calls)
      })
    )
  })
})
