import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { gatherOne, gatherReview } from "../../../src/report/review/gather.ts"
import { reviewView, waitingWork } from "../../../src/report/review/reviewView.ts"
import { fakeAttempt, FakeBeads, FakeJournal, FakeKeptWork } from "../../../src/testing/index.ts"
import { fakes, opencode, trackerDown, type World } from "../../dispatch/support.ts"

const [BUG, OTHER] = [BeadsId.make("shop-4k2"), BeadsId.make("shop-9fd")]
const branchOf = (id: BeadsId) => `nightly-dispatch/${id}`

const left = (id: BeadsId, number: number, changes: Parameters<typeof fakeAttempt>[1] = {}) =>
  fakeAttempt("settled", {
    beads: id,
    actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-00000${number}/1`),
    updatedAt: number,
    end: "succeeded",
    blame: undefined,
    detail: "the job ended well",
    review: "label",
    workspace: new Workspace({ path: `/w/${id}`, branch: branchOf(id), reused: false }),
    ack: Ack.make({ beads: id, provider: opencode, how: "started", log: "/nowhere/log" }),
    ...changes
  })

const night: World = {
  beads: { issues: [BUG, OTHER].map((id) => ({ id, title: `about ${id}`, labels: [REVIEW_LABEL] })) },
  journal: { attempts: [left(BUG, 1), left(OTHER, 2)] }
}
const KEPT: FakeKeptWork.FakeKeptWorkScript = { branches: { [branchOf(BUG)]: {}, [branchOf(OTHER)]: { files: 7 } } }

const around = (world: World, kept = KEPT) => Effect.provide(Layer.merge(fakes(world), FakeKeptWork.layer(kept)))
const listed = (world: World, kept = KEPT) => Effect.map(gatherReview, reviewView).pipe(around(world, kept))
const shown = (world: World, id = BUG, kept = KEPT) =>
  Effect.map(gatherOne(id), ({ unknown, work }) => ({ unknown, work: waitingWork(work) })).pipe(around(world, kept))

const damaged = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "it is damaged" })
const noJournal: World["journal"] = {
  queryFaults: [FakeJournal.onQuery("waiting").fails(damaged), FakeJournal.onQuery("attemptsOf").fails(damaged)]
}

describe("the work that waits", () => {
  it.effect("is known from journal, tracker and git, oldest first", () =>
    Effect.gen(function* () {
      const { unknown, waiting } = yield* listed(night)
      assert.deepStrictEqual(
        waiting.map(({ beads, files, title }) => [beads, files, title]),
        [
          [BUG, 1, "about shop-4k2"],
          [OTHER, 7, "about shop-9fd"]
        ]
      )
      assert.isEmpty(unknown)
    })
  )

  it.effect("a tracker that is down: from the journal, without titles, and says so", () =>
    Effect.gen(function* () {
      const faults = [FakeBeads.on("openBugs").fails(trackerDown), FakeBeads.on("show").fails(trackerDown)]
      const { unknown, waiting } = yield* listed({ ...night, beads: { faults } })
      assert.deepStrictEqual(
        waiting.map(({ commits, title }) => [commits?.length, title]),
        [
          [1, undefined],
          [1, undefined]
        ]
      )
      assert.lengthOf(unknown, 1)
      assert.include(unknown[0], "The tracker cannot be read, so this is from the journal: ")
    })
  )

  it.effect("waits five seconds at most for a tracker that hangs", () =>
    Effect.gen(function* () {
      const faults = [FakeBeads.on("openBugs").hangs(), FakeBeads.on("show").hangs()]
      const fiber = yield* Effect.fork(listed({ ...night, beads: { ...night.beads, faults } }))
      yield* TestClock.adjust("5 seconds")
      const { unknown, waiting } = yield* Fiber.join(fiber)
      assert.include(unknown.join(), "no answer within 5s")
      assert.lengthOf(waiting, 2)
    })
  )

  it.effect("a git that hangs at one branch: the others are known", () =>
    Effect.gen(function* () {
      const kept = { ...KEPT, faults: [FakeKeptWork.on("facts", branchOf(BUG)).hangs()] }
      const fiber = yield* Effect.fork(listed(night, kept))
      yield* TestClock.adjust("5 seconds")
      const { waiting } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        waiting.map(({ branchState, why }) => [branchState, why]),
        [
          ["unknown", "git did not answer"],
          ["exists", undefined]
        ]
      )
    })
  )

  it.effect("a journal that cannot be read: the labelled bugs, and says so", () =>
    Effect.gen(function* () {
      const { unknown, waiting } = yield* listed({ ...night, journal: noJournal })
      assert.sameMembers(
        waiting.map(({ beads }) => beads),
        [BUG, OTHER]
      )
      assert.match(unknown.join(), /^The journal cannot be read: .*it is damaged/)
      assert.deepStrictEqual(new Set(waiting.map(({ why }) => why)), new Set(["the journal cannot be read"]))
    })
  )

  it.effect("an empty journal and no label: nothing waits", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* listed({}), { waiting: [], unknown: [] })
    })
  )
})

describe("one bug's work", () => {
  it.effect("a branch that is deleted, and a worktree that is gone", () =>
    Effect.gen(function* () {
      const deleted = yield* shown(night, BUG, {})
      assert.deepInclude(deleted.work, { branchState: "deleted", worktreeState: "gone", merged: "unknown" })
      const gone = yield* shown(night, BUG, { branches: { [branchOf(BUG)]: { worktree: "gone" } } })
      assert.deepInclude(gone.work, { branchState: "exists", worktreeState: "gone", files: 1 })
    })
  )

  it.effect("without tracker or journal it is told from the other, and what is missing", () =>
    Effect.gen(function* () {
      const faults = [FakeBeads.on("openBugs").fails(trackerDown), FakeBeads.on("show").fails(trackerDown)]
      const byJournal = yield* shown({ ...night, beads: { faults } })
      assert.deepInclude(byJournal.work, { branchState: "exists", branch: branchOf(BUG) })
      assert.match(byJournal.unknown.join(), /^The tracker cannot be read/)
      const byTracker = yield* shown({ ...night, journal: noJournal })
      assert.deepInclude(byTracker.work, { title: "about shop-4k2", label: true, branchState: "unknown" })
      assert.match(byTracker.unknown.join(), /^The journal cannot be read/)
    })
  )

  it.effect("an unknown id: fails with the ids that may be meant, and with what could not be read", () =>
    Effect.gen(function* () {
      const typo = BeadsId.make("shop-4k3")
      const { message } = yield* Effect.flip(shown(night, typo))
      assert.strictEqual(message, "shop-4k3: no such bug in the tracker, and none in the journal. Near: shop-4k2")
      const faults = [FakeBeads.on("openBugs").fails(trackerDown)]
      const unsure = yield* Effect.flip(shown({ ...night, beads: { faults } }, typo))
      assert.include(unsure.message, "not everything could be read: the tracker: ")
      assert.include(unsure.message, "Near: shop-4k2")
    })
  )
})
