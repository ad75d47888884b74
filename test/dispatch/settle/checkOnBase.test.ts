import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { RunnerFailed, WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { FakeVerifier, FakeWorkspaces, FakeWorkspacesState } from "../../../src/testing/index.ts"
import { inWorld, type World } from "../support.ts"
import { calls, checking, COMMAND, crash, finish, workLeft, workspace } from "./checkWorld.ts"
import { attemptLeftIn, firstBug, settle } from "./support.ts"

const left = FakeWorkspaces.on("discard").answers(() => ({ _tag: "Work", holds: "commits", commits: 1 }))
const before = (more: World = {}) => workLeft({ settings: { verify: { command: COMMAND, before: true } }, ...more })

const bases = Effect.flatMap(
  Effect.flatMap(FakeWorkspacesState, (state) => state.bases),
  (all) => Effect.succeed([...all])
)
const starts = Effect.map(calls, (all) => all.filter((method) => method === "start").length)

/** The check of the work passes, and `then` runs while that on the base runs, if it was started. */
const passed = <A, E, R>(world: World, then: Effect.Effect<A, E, R>) =>
  checking(world, finish(0).pipe(Effect.zipRight(settle), Effect.zipRight(then)))

/** The attempt has ended well, with these words at the end of its detail, and nothing of the base is left. */
const endsWith = Effect.fnUntraced(function* (words: string) {
  const { attempt, comments, issue } = yield* firstBug
  assert.deepInclude({ ...attempt }, { phase: "settled", end: "succeeded", verified: "yes", review: "label" })
  const detail = attempt?.phase === "settled" ? attempt.detail : ""
  assert.isTrue(detail.endsWith(words), detail)
  assert.include(comments.map(({ text }) => text).join(), words)
  assert.notProperty(attempt, "onBase")
  assert.strictEqual(issue?.assignee, undefined)
  assert.isEmpty(yield* bases)
})

describe("verify.before, after our check passed", () => {
  it.effect("runs the command on the base, in a worktree of its own, and no run waits for it", () =>
    passed(
      before(),
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "verifying", launches: 1 })
        assert.deepStrictEqual(yield* bases, ["/fake/agents/bd-1/+base-app"])
        assert.strictEqual(yield* starts, 2)
        yield* settle
        assert.strictEqual(yield* starts, 2)
      })
    )
  )

  for (const [what, exitCode, words] of [
    ["failed before", 1, "; our check passed: `npm test`, which failed before (exit 1)"],
    ["passed before", 0, "; our check passed: `npm test`, as it did before"],
    [
      "cannot be started on the base",
      127,
      "; on the base it told nothing: `npm test` or a program that it calls cannot be started (exit 127)"
    ]
  ] as const) {
    it.effect(`says that it ${what}`, () =>
      passed(before(), finish(exitCode).pipe(Effect.zipRight(settle), Effect.zipRight(endsWith(words))))
    )
  }

  it.effect("has verify.timeout of its own, and then tells nothing", () =>
    passed(
      before(),
      Effect.gen(function* () {
        yield* TestClock.adjust("9 minutes")
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "verifying")
        yield* TestClock.adjust("2 minutes")
        yield* settle
        yield* endsWith("; on the base it told nothing: `npm test` ran for more than 10m and was ended")
        assert.include(yield* calls, "stop")
      })
    )
  )

  it.effect("is begun by the next settle if we were killed before it could start", () =>
    inWorld(
      before({
        journal: {
          attempts: [
            attemptLeftIn("verifying", {
              workspace,
              updatedAt: -1000,
              found: { end: "succeeded", detail: "it ended well; our check passed: `npm test`", verified: "yes" },
              onBase: { path: "/tmp/agents/bd-1/+base-app" },
              launches: 0
            })
          ]
        }
      }),
      Effect.gen(function* () {
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "verifying", launches: 1 })
        yield* finish(1)
        yield* settle
        yield* endsWith("; our check passed: `npm test`, which failed before (exit 1)")
      })
    )
  )

  it.effect("is not repeated after a crash", () =>
    passed(
      before(),
      Effect.gen(function* () {
        yield* crash
        yield* settle
        yield* endsWith("told nothing: `npm test` was cut short (its supervisor ended without an exit code)")
        assert.strictEqual(yield* starts, 2)
      })
    )
  )

  it.effect("tells nothing where no worktree can be made", () =>
    passed(
      before({
        workspaces: {
          faults: [
            left,
            FakeWorkspaces.on("acquireBase").fails(new WorkspaceFailed({ detail: "the disk is full", blame: "host" }))
          ]
        }
      }),
      endsWith("; on the base it told nothing: no worktree could be made: the disk is full")
    )
  )

  it.effect("tells nothing if it cannot be started", () =>
    passed(
      before({
        verifier: {
          faults: [
            FakeVerifier.on("start")
              .fails(new RunnerFailed({ operation: "start", detail: "no processes left", blame: "host" }))
              .from(2)
          ]
        }
      }),
      Effect.gen(function* () {
        const { attempt } = yield* firstBug
        assert.match(
          attempt?.phase === "settled" ? attempt.detail : "",
          /told nothing: it could not be started: .*no processes left/
        )
        assert.isEmpty(yield* bases)
      })
    )
  )

  it.effect("ends the attempt also if the worktree of the base cannot be removed", () =>
    passed(
      before({
        workspaces: {
          faults: [
            left,
            FakeWorkspaces.on("dropBase").fails(new WorkspaceFailed({ detail: "it is in use", blame: "host" }))
          ]
        }
      }),
      Effect.gen(function* () {
        yield* finish(1)
        const { lines } = yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "settled", end: "succeeded" })
        assert.include(lines.join("\n"), "bd-1: the worktree of the base stays, and the bug's next attempt removes it")
      })
    )
  )

  it.effect("does nothing after a check that failed, or where it is not set", () =>
    Effect.gen(function* () {
      yield* checking(
        before(),
        finish(1).pipe(Effect.zipRight(settle), Effect.zipRight(Effect.map(starts, (n) => assert.strictEqual(n, 1))))
      )
      yield* passed(
        workLeft(),
        Effect.map(starts, (n) => assert.strictEqual(n, 1))
      )
    })
  )
})
