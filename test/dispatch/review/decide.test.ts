import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { decidable, type Decidable } from "../../../src/dispatch/review/decidable.ts"
import { accept, reject, sendBack } from "../../../src/dispatch/review/decide.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { taskDigest } from "../../../src/domain/digest.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import {
  FakeBeads,
  FakeBeadsState,
  fakeAttempt,
  FakeJournalState,
  FakeKeptWork,
  FakeKeptWorkState,
  type FakeAttempt
} from "../../../src/testing/index.ts"
import { fakes, options, runOnce, trackerDown, type World } from "../support.ts"

const BUG = BeadsId.make("bd-1")
const BRANCH = "feature-bd-1"
const issue = { id: "bd-1", title: "Prices show NaN", labels: [REVIEW_LABEL, "shop"] }

const good = (changes: FakeAttempt = {}) =>
  fakeAttempt("settled", {
    end: "succeeded",
    detail: "1 commit",
    commits: 1,
    review: "label",
    digest: taskDigest(FakeBeads.issue(issue)),
    workspace: new Workspace({ path: "/fake/agents/bd-1/app", branch: BRANCH, reused: false }),
    ...changes
  })

const world: World = { beads: { issues: [issue] }, journal: { attempts: [good()] } }

const inWorld = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  changes: World = {},
  kept: FakeKeptWork.FakeKeptWorkScript = {}
) =>
  Effect.provide(
    effect,
    Layer.merge(fakes({ ...world, ...changes }), FakeKeptWork.layer({ branches: { [BRANCH]: {} }, ...kept }))
  )

const decided = <A, E, R>(act: (work: Decidable) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(decidable(options, BUG), act)

const bug = Effect.flatMap(FakeBeadsState, ({ issues }) => Effect.map(issues, ([first]) => first))

describe("a decision about kept work", () => {
  it.effect(
    "accept merges, closes the bug, removes only the review label, notes it and removes the worktree; pushes nothing",
    () =>
      inWorld(
        Effect.gen(function* () {
          const { done, failed } = yield* decided((work) => accept(work, undefined))
          assert.isUndefined(failed)
          assert.strictEqual(done[0], "merged into main")
          assert.include(done.at(-1), `branch ${BRANCH} ${"1".repeat(40)}`)
          const { labels, status } = (yield* bug) ?? {}
          assert.deepStrictEqual([status, labels], ["closed", ["shop"]])
          const calls = yield* (yield* FakeKeptWorkState).calls
          assert.deepStrictEqual(
            calls.map(({ method }) => method),
            ["facts", "merge"]
          )
        })
      )
  )

  it.effect("a step that fails names what is done and what is left, and the second call goes on", () =>
    inWorld(
      Effect.gen(function* () {
        const first = yield* decided((work) => accept(work, undefined))
        assert.deepStrictEqual(first.done, ["merged into main"])
        assert.strictEqual(first.failed?.what, "close bd-1")
        assert.strictEqual(first.left.length, 3)
        assert.include((yield* bug)?.labels ?? [], REVIEW_LABEL)
        assert.isUndefined((yield* decided((work) => accept(work, undefined))).failed)
        assert.strictEqual((yield* bug)?.status, "closed")
      }),
      { beads: { issues: [issue], faults: [FakeBeads.on("close").fails(trackerDown).times(1)] } }
    )
  )

  it.effect("a conflict leaves bug, label and journal as they were", () =>
    inWorld(
      Effect.gen(function* () {
        const { done, failed } = yield* decided((work) => accept(work, undefined))
        assert.deepStrictEqual(done, [])
        assert.include(failed?.why, "conflict in a.ts. The merge was undone")
        assert.deepStrictEqual([(yield* bug)?.status, (yield* bug)?.labels.length], ["open", 2])
      }),
      {},
      { merges: { [BRANCH]: { _tag: "Conflict", into: "main", files: ["a.ts"] } } }
    )
  )

  it.effect("work that is not committed is not accepted, and the command that commits it is named", () =>
    inWorld(
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(decided((work) => accept(work, undefined)))
        assert.include(
          message,
          "2 files are not committed in /fake/agents/bd-1/app. Commit first: git -C /fake/agents/bd-1/app add -A"
        )
      }),
      {},
      { branches: { [BRANCH]: { uncommitted: 2 } } }
    )
  )

  it.effect("a branch that is gone is not accepted; one of which git cannot tell neither", () =>
    Effect.gen(function* () {
      const act = Effect.flip(decided((work) => accept(work, undefined)))
      assert.include((yield* inWorld(act, {}, { branches: {} })).message, "is gone")
      const unknown = { branch: "unknown", why: "no git" } as const
      assert.include((yield* inWorld(act, {}, { branches: { [BRANCH]: unknown } })).message, "cannot tell")
    })
  )

  it.effect("reject removes the work, and no run takes the bug until it is cleared", () =>
    inWorld(
      Effect.gen(function* () {
        assert.isUndefined((yield* decided(reject)).failed)
        assert.deepStrictEqual([(yield* bug)?.status, (yield* bug)?.labels], ["open", ["shop"]])
        const held = (yield* runOnce).outcome("bd-1")
        assert.strictEqual(held?._tag === "Skipped" && held.reason, "rejected")
        yield* (yield* Journal).clear(BUG)
        assert.strictEqual((yield* (yield* Journal).of(BUG))[0]?.phase, "settled")
      })
    )
  )

  const pushed = { _tag: "Pushed", remote: "origin", branch: BRANCH, at: 1, commit: "1".repeat(40) } as const
  const published = { journal: { attempts: [good({ pushed })] } }
  const onRemote = Effect.flatMap(FakeKeptWorkState, ({ remotes }) =>
    Effect.map(remotes, (all) => all.get(`origin/${BRANCH}`))
  )

  it.effect("reject removes the pushed branch, but not one with commits that are not ours", () =>
    Effect.gen(function* () {
      const rejected = (commit: string) =>
        inWorld(Effect.all([decided(reject), onRemote]), published, { remotes: { [`origin/${BRANCH}`]: commit } })
      const [removed, nothing] = yield* rejected(pushed.commit)
      assert.strictEqual(removed.done.at(-1), `${BRANCH} is removed from origin`)
      assert.isUndefined(nothing)
      const [left, theirs] = yield* rejected("theirs")
      assert.include(left.done.at(-1), `${BRANCH} stays on origin: it is not at our commit 11111111`)
      assert.strictEqual(theirs, "theirs")
    })
  )

  it.effect("a remote that cannot be asked keeps a rejection from nothing else", () =>
    inWorld(
      Effect.gen(function* () {
        const { done, failed, left } = yield* decided(reject)
        assert.deepStrictEqual([failed?.what, left], [`remove ${BRANCH} from origin`, []])
        assert.include(done.join(), "worktree and branch are removed")
        assert.isUndefined((yield* decided(reject)).failed)
      }),
      published,
      {
        remotes: { [`origin/${BRANCH}`]: pushed.commit },
        faults: [
          FakeKeptWork.on("unpublish")
            .fails(new WorkspaceFailed({ detail: "no network", blame: "host" }))
            .times(1)
        ]
      }
    )
  )

  it.effect("accept fetches a branch that this clone does not have, and only at the commit that we pushed", () =>
    Effect.gen(function* () {
      const act = decided((work) => accept(work, undefined))
      const there = { branches: {}, remotes: { [`origin/${BRANCH}`]: pushed.commit } }
      const { done, failed } = yield* inWorld(act, published, there)
      assert.isUndefined(failed)
      assert.deepStrictEqual(done.slice(0, 2), [`${BRANCH} is fetched from origin`, "merged into main"])
      const other = yield* Effect.flip(
        inWorld(act, published, { branches: {}, remotes: { [`origin/${BRANCH}`]: "x" } })
      )
      assert.match(other.message, /^bd-1: not accepted: origin has other commits/)
    })
  )

  it.effect("work that another host pushed is decided in the clone of this host", () =>
    inWorld(
      Effect.gen(function* () {
        const { kept, repository } = yield* decidable(options, BUG)
        assert.deepStrictEqual(kept, { clone: "/src/app", branch: BRANCH, worktree: "/fake/agents/bd-1/app" })
        assert.deepStrictEqual(repository, options.repository)
        assert.isUndefined((yield* decided((work) => accept(work, undefined))).failed)
      }),
      {
        journal: {
          attempts: [
            good({
              pushed,
              actor: Actor.make(`nightly-dispatch/${"b".repeat(32)}/vm-2/20261122T020000Z-000001/1`),
              repository: { name: "app", path: "/home/them/app" },
              tracker: "/home/them/app/.beads",
              workspace: new Workspace({ path: "/home/them/agents/bd-1/app", branch: BRANCH, reused: false })
            })
          ]
        }
      },
      { branches: {}, remotes: { [`origin/${BRANCH}`]: pushed.commit } }
    )
  )

  it.effect("send back keeps the remark for the next prompt, and the next run takes the bug", () =>
    inWorld(
      Effect.gen(function* () {
        assert.isUndefined((yield* decided((work) => sendBack(work, "use the parser"))).failed)
        assert.strictEqual((yield* (yield* Journal).retries)[0]?.note, "use the parser")
        assert.strictEqual((yield* runOnce).outcome("bd-1")?._tag, "Dispatched")
      })
    )
  )

  it.effect("is refused while a job runs, its work is checked, or another dispatcher has the claim", () =>
    Effect.gen(function* () {
      const act = Effect.map(Effect.flip(decided(reject)), ({ message }) => message)
      assert.include(
        yield* inWorld(act, { journal: { attempts: [good(), fakeAttempt("acknowledged")] } }),
        "an attempt at it is open"
      )
      assert.include(
        yield* inWorld(act, { journal: { attempts: [good(), fakeAttempt("verifying")] } }),
        "is being checked"
      )
      const claimed = { ...issue, status: "in_progress", assignee: "nightly-dispatch/vm-2/20261122T030000Z-0b0b0b/1" }
      assert.include(yield* inWorld(act, { beads: { issues: [claimed] } }), "has claimed it")
    })
  )

  it.effect("a person's claim is no obstacle", () =>
    inWorld(
      Effect.gen(function* () {
        assert.isUndefined((yield* decided((work) => accept(work, "origin"))).failed)
        assert.deepStrictEqual([(yield* bug)?.status, (yield* bug)?.assignee], ["closed", "alice"])
        assert.strictEqual(yield* Effect.map((yield* FakeJournalState).attempts, (all) => all.length), 1)
      }),
      { beads: { issues: [{ ...issue, status: "in_progress", assignee: "alice" }] } }
    )
  )

  it.effect("a bug without kept work, and one that the tracker lacks, is refused", () =>
    Effect.gen(function* () {
      const act = Effect.map(Effect.flip(decided(reject)), ({ message }) => message)
      assert.include(yield* inWorld(act, { journal: {} }), "knows no branch")
      assert.include(yield* inWorld(act, { beads: {} }), "bd-1: the tracker has no such bug")
    })
  )
})
