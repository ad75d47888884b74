import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import {
  FakeJournalState,
  FakeKeptWork,
  FakeKeptWorkState,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import { fakes, oneBug, options, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, nextRun, settle } from "./support.ts"

const PUSH = { workspace: { push: "origin" } }
const BRANCH = "feature-bd-1"
const TIP = "1".repeat(40)

const inWorld = <A, E, R>(world: World, kept: FakeKeptWork.FakeKeptWorkScript, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    effect,
    Layer.merge(fakes({ settings: PUSH, ...world }), FakeKeptWork.layer({ branches: { [BRANCH]: {} }, ...kept }))
  )

/** A run whose job ends well and leaves work. */
const jobEndsWell = Effect.gen(function* () {
  yield* nextRun
  const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
  for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 2)
  yield* runner.finish("bd-1", 0)
  yield* TestClock.adjust("30 minutes")
})

/** Work that waits for review: the n-th attempt at this bug. */
const waiting = (id: string, n: number, changes: Parameters<typeof attemptLeftIn>[1] = {}) =>
  attemptLeftIn("settled", {
    actor: actorOf(EARLIER, n),
    beads: BeadsId.make(id),
    number: n,
    end: "succeeded",
    detail: "1 commit",
    commits: 1,
    review: "label",
    createdAt: n,
    updatedAt: n,
    workspace: new Workspace({ path: `/fake/agents/${id}/app`, branch: `feature-${id}`, reused: false }),
    ...changes
  })

const pushes = Effect.flatMap(FakeKeptWorkState, ({ calls }) =>
  Effect.map(calls, (all) => all.filter(({ method }) => method === "publish"))
)
const pushedSteps = Effect.gen(function* () {
  const [attempt] = yield* (yield* FakeJournalState).attempts
  assert(attempt !== undefined)
  return (yield* (yield* JournalQueries).steps(attempt.actor)).filter(({ step }) => step._tag === "PushTried")
})
const refused = new WorkspaceFailed({ detail: "the remote is not reachable", blame: "host" })

describe("the push of kept work", () => {
  it.effect("comes after the release of the claim, and the attempt says what was pushed where", () =>
    inWorld(
      oneBug,
      {},
      Effect.gen(function* () {
        yield* jobEndsWell
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.isUndefined(issue?.assignee)
        assert.strictEqual(attempt?.phase, "settled")
        const pushed = attempt?.phase === "settled" ? attempt.pushed : undefined
        assert.include(pushed, { _tag: "Pushed", remote: "origin", branch: BRANCH, commit: TIP })
        assert.deepStrictEqual([...(yield* (yield* FakeKeptWorkState).remotes)], [[`origin/${BRANCH}`, TIP]])
        yield* settle
        assert.lengthOf(yield* pushes, 1)
      })
    )
  )

  it.effect("a remote that does not answer delays no release; it is a warning, and the next settle pushes", () =>
    inWorld(
      oneBug,
      { faults: [FakeKeptWork.on("publish").hangs().times(1)] },
      Effect.gen(function* () {
        yield* jobEndsWell
        const settling = yield* Effect.fork(settle)
        yield* TestClock.adjust("1 second")
        const before = yield* firstBug
        assert.deepStrictEqual([before.attempt?.phase, before.issue?.assignee], ["settled", undefined])
        assert.lengthOf(yield* pushes, 1)
        yield* TestClock.adjust("1 minute")
        const { lines } = yield* Fiber.join(settling)
        assert.isTrue(
          lines.some((line) =>
            line.startsWith(
              "WARN bd-1: feature-bd-1 is not pushed to origin, the next settle tries again: no answer within 45s"
            )
          ),
          lines.join("\n")
        )
        const [failed] = yield* pushedSteps
        assert(failed?.step._tag === "PushTried")
        assert.include(failed.step.pushed, { _tag: "NotPushed", why: "no answer within 45s" })
        yield* settle
        const { attempt } = yield* firstBug
        assert.strictEqual(attempt?.phase === "settled" ? attempt.pushed?._tag : undefined, "Pushed")
        assert.strictEqual(attempt?.updatedAt, before.attempt?.updatedAt, "it says when the attempt ended")
      })
    )
  )

  it.effect("a push that fails twice in the same way is one step of the attempt", () =>
    inWorld(
      oneBug,
      { faults: [FakeKeptWork.on("publish").fails(refused)] },
      Effect.gen(function* () {
        yield* jobEndsWell
        yield* settle
        yield* settle
        assert.lengthOf(yield* pushes, 2)
        assert.lengthOf(yield* pushedSteps, 1)
      })
    )
  )

  it.effect("is off by default", () =>
    inWorld(
      { ...oneBug, settings: {} },
      {},
      Effect.gen(function* () {
        yield* jobEndsWell
        yield* settle
        assert.isEmpty(yield* pushes)
      })
    )
  )

  it.effect("tells which commit we pushed before, so that no other one is replaced", () =>
    inWorld(
      {
        journal: {
          attempts: [
            waiting("bd-1", 1, { pushed: { _tag: "Pushed", remote: "origin", branch: BRANCH, at: 1, commit: "old" } }),
            waiting("bd-1", 2)
          ]
        }
      },
      { remotes: { [`origin/${BRANCH}`]: "old" } },
      Effect.gen(function* () {
        yield* settle
        assert.deepStrictEqual(
          (yield* pushes).map(({ args: [, ...others] }) => others),
          [["origin", "old"]]
        )
        assert.strictEqual((yield* (yield* FakeKeptWorkState).remotes).get(`origin/${BRANCH}`), TIP)
      })
    )
  )

  it.effect("leaves alone what is decided, what another repository has, and what this host does not have", () =>
    inWorld(
      {
        journal: {
          attempts: [
            waiting("bd-1", 1),
            waiting("bd-2", 2, { repository: { name: "other", path: "/src/other" } }),
            waiting("bd-3", 3)
          ]
        }
      },
      {},
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.decide({ actor: actorOf(EARLIER, 1), beads: BeadsId.make("bd-1"), decision: "rejected", at: 1 })
        const { lines } = yield* settle
        assert.deepStrictEqual(
          (yield* pushes).map(({ args: [kept] }) => kept),
          [{ clone: "/src/app", branch: "feature-bd-3", worktree: "/fake/agents/bd-3/app" }]
        )
        assert.isEmpty(lines.filter((line) => line.startsWith("WARN")))
        assert.isEmpty([...(yield* (yield* FakeKeptWorkState).remotes)])
      })
    )
  )

  it.effect("a remote that does not answer is waited for once in a settle", () =>
    inWorld(
      { journal: { attempts: [waiting("bd-1", 1), waiting("bd-2", 2)] } },
      { branches: { [BRANCH]: {}, "feature-bd-2": {} }, faults: [FakeKeptWork.on("publish").hangs()] },
      Effect.gen(function* () {
        const settling = yield* Effect.fork(settle)
        yield* TestClock.adjust("46 seconds")
        yield* Fiber.join(settling)
        assert.lengthOf(yield* pushes, 1)
      })
    )
  )

  it.effect("a run pushes as well", () =>
    inWorld(
      { ...oneBug, journal: { attempts: [waiting("bd-1", 1, { repository: options.repository })] } },
      {},
      Effect.gen(function* () {
        yield* nextRun
        assert.lengthOf(yield* pushes, 1)
      })
    )
  )
})
