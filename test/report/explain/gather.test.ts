import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { taskDigest } from "../../../src/domain/digest.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { gatherExplain } from "../../../src/report/explain/gather.ts"
import { explainView } from "../../../src/report/explain/explainView.ts"
import { nearIds } from "../../../src/report/lookup/nearIds.ts"
import {
  FakeBeadsState,
  fakeAttempt,
  FakeBeads,
  FakeJournal,
  FakeKeptWork,
  FakePromptsState
} from "../../../src/testing/index.ts"
import { fakes, opencode, options, trackerDown, type World } from "../../dispatch/support.ts"

const BUG = BeadsId.make("bd-1")

const KEPT: FakeKeptWork.FakeKeptWorkScript = { branches: { "nightly-dispatch/bd-1": {} } }

const explained = (world: World, id: BeadsId = BUG, all = false, kept = KEPT) =>
  Effect.map(gatherExplain(id, options.repository, all), explainView).pipe(
    Effect.provide(Layer.merge(fakes(world), FakeKeptWork.layer(kept)))
  )

const bugs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `bd-${index + 1}`,
    title: `bug ${"abcdef".charAt(index)}`,
    createdAt: index
  }))

const failedAttempt = (number: number, changes: Parameters<typeof fakeAttempt>[1] = {}) =>
  fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-00000${number}/1`),
    number,
    digest: taskDigest(FakeBeads.issue({ id: "bd-1", title: "bug a" })),
    detail: "the job failed: npm ERR!",
    workspace: new Workspace({ path: "/tmp/agents/bd-1/app", branch: "nightly-dispatch/bd-1", reused: false }),
    ack: Ack.make({ beads: BUG, provider: opencode, how: "started", log: "/nowhere/bd-1.log" }),
    ...changes
  })

const damaged = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "it is damaged" })

describe("what explain finds out", () => {
  it.effect("while dispatching is paused, a bug is left alone for that, or for a reason of its own and that", () =>
    Effect.gen(function* () {
      const pause = { at: 0, reason: "the tracker moves", by: "op@vm-1" }
      const world: World = {
        beads: { issues: [...bugs(3), { id: "bd-9", title: "bug x", blockedBy: [BeadsId.make("bd-1")] }] },
        settings: { limits: { maxDispatches: 1 } },
        journal: { pauses: [pause] }
      }
      for (const [id, position] of [
        [BUG, 1],
        [BeadsId.make("bd-2"), 2]
      ] as const) {
        const { commands, notes, now } = yield* explained(world, id)
        assert.match(now.detail, /^paused since \S.* by op@vm-1: the tracker moves/)
        assert.strictEqual(now.verdict, "left_alone")
        assert.notProperty(now, "reason")
        assert.strictEqual(now.place?.position, position)
        assert.isEmpty(notes)
        assert.deepInclude(commands[0], { args: "resume" })
      }
      const blocked = yield* explained(world, BeadsId.make("bd-9"))
      assert.deepInclude(blocked.now, { verdict: "left_alone", reason: "blocked" })
      assert.match(blocked.notes.join(), /^Runs dispatch nothing now: paused since/)
    })
  )

  it.effect("the next run would take the first of the queue, and the third waits for its turn", () =>
    Effect.gen(function* () {
      const world: World = { beads: { issues: bugs(6) }, settings: { limits: { maxDispatches: 2 } } }
      const first = yield* explained(world)
      assert.deepStrictEqual(first.now, {
        verdict: "chosen",
        detail: "",
        place: { position: 1, of: 6, why: "P1, then age" }
      })
      const third = yield* explained(world, BeadsId.make("bd-3"))
      assert.deepStrictEqual(third.now, {
        verdict: "left_alone",
        reason: "limit",
        detail: "2 a run",
        place: { position: 3, of: 6, why: "P1, then age" }
      })
    })
  )

  it.effect("the reason of the plan: attempts that are used up, a back-off, a duplicate, work that exists", () =>
    Effect.gen(function* () {
      const issues = bugs(1)
      const reasonIn = (world: World, id?: BeadsId) => Effect.map(explained(world, id), ({ now }) => now.reason)
      const attempts = [failedAttempt(1), failedAttempt(2), failedAttempt(3)]
      assert.strictEqual(yield* reasonIn({ beads: { issues }, journal: { attempts: [attempts[0]!] } }), "backing_off")
      assert.include(["undecided", "attempts_used_up"], yield* reasonIn({ beads: { issues }, journal: { attempts } }))
      const twins = ["bd-1", "bd-2"].map((id, createdAt) => ({ id, title: "TypeError: x is undefined", createdAt }))
      assert.strictEqual(yield* reasonIn({ beads: { issues: twins } }, BeadsId.make("bd-2")), "duplicate")
      const found = { "bd-1": [{ kind: "branch" as const, place: "branch fix", at: 0 }] }
      assert.strictEqual(yield* reasonIn({ beads: { issues }, work: { work: found } }), "work_exists")
    })
  )

  it.effect("a bug that the tracker does not list: why it is none for a run", () =>
    Effect.gen(function* () {
      const closed = yield* explained({ beads: { issues: [{ id: "bd-1", status: "closed", closedAt: 1 }] } })
      assert.deepStrictEqual([closed.now.reason, closed.bug?.status], ["not_open", "closed"])
      const low = yield* explained({ beads: { issues: [{ id: "bd-1", priority: 4 }] } })
      assert.strictEqual(low.now.reason, "priority")
    })
  )

  it.effect("a bug that is worked on now, whether or not the tracker lists it: its claim is that of its attempt", () =>
    Effect.gen(function* () {
      const attempts = [fakeAttempt("acknowledged", {})]
      const { now } = yield* explained({ beads: { issues: bugs(1) }, journal: { attempts } })
      assert.strictEqual(now.reason, "unsettled")
      const claimed = [{ id: "bd-1", status: "in_progress", assignee: attempts[0]!.actor }]
      const ended = yield* explained({ beads: { issues: claimed }, journal: { attempts } })
      assert.strictEqual(ended.now.reason, "unsettled")
    })
  )

  it.effect("with a tracker that is down, from the journal, and says so", () =>
    Effect.gen(function* () {
      const faults = [FakeBeads.on("openBugs").fails(trackerDown), FakeBeads.on("show").fails(trackerDown)]
      const view = yield* explained({ beads: { issues: bugs(1), faults }, journal: { attempts: [failedAttempt(1)] } })
      assert.strictEqual(view.now.verdict, "unknown")
      assert.deepStrictEqual(view.failures, [{ attempts: [1], words: "the job failed: npm ERR!" }])
      assert.include(view.notes.join(), "so this is from the journal")
      assert.strictEqual(view.work?.commits, 1)
    })
  )

  it.effect("waits five seconds at most for a tracker that hangs", () =>
    Effect.gen(function* () {
      const faults = [FakeBeads.on("openBugs").hangs(), FakeBeads.on("show").hangs()]
      const fiber = yield* Effect.fork(
        explained({ beads: { issues: bugs(1), faults }, journal: { attempts: [failedAttempt(1)] } })
      )
      yield* TestClock.adjust("5 seconds")
      assert.include((yield* Fiber.join(fiber)).notes.join(), "no answer within 5s")
    })
  )

  it.effect("waits ten seconds at most for a git or a journal that hangs", () =>
    Effect.gen(function* () {
      const world: World = { beads: { issues: bugs(1) }, journal: { attempts: [failedAttempt(1)] } }
      const noGit = yield* Effect.fork(explained(world, BUG, false, { faults: [FakeKeptWork.on("facts").hangs()] }))
      yield* TestClock.adjust("10 seconds")
      const { attempts, work } = yield* Fiber.join(noGit)
      assert.deepInclude(work, { state: "unknown", worktreeState: "unknown", branch: "nightly-dispatch/bd-1" })
      assert.lengthOf(attempts, 1)
      const queryFaults = [FakeJournal.onQuery("attemptsOf").hangs()]
      const noJournal = yield* Effect.fork(explained({ ...world, journal: { queryFaults } }))
      yield* TestClock.adjust("10 seconds")
      const { bug, notes } = yield* Fiber.join(noJournal)
      assert.strictEqual(bug?.title, "bug a")
      assert.include(notes.join(), "The journal cannot be read: no answer within 10s")
    })
  )

  it.effect("a branch that was deleted and a worktree that is gone are told as such", () =>
    Effect.gen(function* () {
      const world: World = { beads: { issues: bugs(1) }, journal: { attempts: [failedAttempt(1)] } }
      const { work } = yield* explained(world, BUG, false, {})
      assert.deepInclude(work, { state: "deleted", worktreeState: "gone", merged: "unknown" })
    })
  )

  it.effect("with a damaged journal, from the tracker, and says so", () =>
    Effect.gen(function* () {
      const journal = {
        queryFaults: [FakeJournal.onQuery("attemptsOf").fails(damaged)],
        faults: [FakeJournal.on("open").fails(damaged), FakeJournal.on("of").fails(damaged)]
      }
      const open = yield* explained({ beads: { issues: bugs(1) }, journal })
      assert.deepStrictEqual([open.now.verdict, open.bug?.title], ["unknown", "bug a"])
      assert.strictEqual(open.now.detail, "the journal cannot be read")
      assert.lengthOf(open.notes, 1)
      assert.match(open.notes[0] ?? "", /^The journal cannot be read: .*it is damaged/)
      const closed = yield* explained({ beads: { issues: [{ id: "bd-1", status: "closed", closedAt: 1 }] }, journal })
      assert.strictEqual(closed.now.reason, "not_open")
    })
  )

  it.effect("a bug that was deleted from the tracker: its history, and that it is gone", () =>
    Effect.gen(function* () {
      const view = yield* explained({ beads: { issues: [] }, journal: { attempts: [failedAttempt(1)] } })
      assert.isUndefined(view.bug)
      assert.include(view.notes.join(), "The tracker does not have this bug")
      assert.lengthOf(view.attempts, 1)
    })
  )

  it.effect("an unknown id: fails with the ids that may be meant", () =>
    Effect.gen(function* () {
      const attempts = [failedAttempt(1, { beads: BeadsId.make("shop-9fc") })]
      const world: World = { beads: { issues: [{ id: "shop-9fd" }, { id: "other-1" }] }, journal: { attempts } }
      const error = yield* Effect.flip(explained(world, BeadsId.make("shop-9fe")))
      assert.strictEqual(
        error.message,
        "shop-9fe: no such bug in the tracker, and none in the journal. Near: shop-9fd, shop-9fc"
      )
      const down = { ...world.beads, faults: [FakeBeads.on("show").fails(trackerDown)] }
      const unsure = yield* Effect.flip(explained({ ...world, beads: down }, BeadsId.make("shop-9fe")))
      assert.include(unsure.message, "not everything could be read: the tracker: ")
    })
  )

  it.scoped("the end of the newest log, and one that is gone", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nd-explain-"))),
        (at) => Effect.sync(() => fs.rmSync(at, { recursive: true }))
      )
      const log = path.join(directory, "log")
      fs.writeFileSync(log, `${"x\n".repeat(10)}ghp_0123456789abcdefghijklmnopqrstuvwxyz\n\u001b[31mboom\n`)
      const ack = Ack.make({ beads: BUG, provider: opencode, how: "started", log })
      const attempts = [failedAttempt(1), failedAttempt(2, { ack })]
      const there = yield* explained({ beads: { issues: bugs(1) }, journal: { attempts } })
      assert.deepStrictEqual(there.log?.lines, ["x", "x", "x", "[redacted]", "boom"])
      const gone = yield* explained({ beads: { issues: bugs(1) }, journal: { attempts: [failedAttempt(1)] } })
      assert.deepStrictEqual(gone.log, { path: "/nowhere/bd-1.log", attempt: 1, lines: [], why: "it is gone" })
    })
  )

  it.effect("changes nothing: no claim, no prompt, no preflight", () =>
    Effect.gen(function* () {
      yield* gatherExplain(BUG, options.repository, true)
      const { calls } = yield* FakeBeadsState
      assert.deepStrictEqual((yield* calls).map(({ method }) => method).toSorted(), ["openBugs"])
      assert.deepStrictEqual(yield* (yield* FakePromptsState).files, [])
    }).pipe(Effect.provide(Layer.merge(fakes({ beads: { issues: bugs(2) } }), FakeKeptWork.layer())))
  )

  it("finds near ids among a hundred thousand", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `shop-${index.toString(36).padStart(4, "0")}`)
    assert.include(nearIds("shop-09fdd", many), "shop-09fd")
    assert.deepStrictEqual(nearIds("shop-no-such-thing", many), [])
    assert.deepStrictEqual(nearIds("shop-bgi", ["shop-4k2", "shop-big", "shop-9fd"]), ["shop-big"])
  })
})
