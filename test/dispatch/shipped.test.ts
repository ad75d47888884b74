import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, TestClock } from "effect"
import { decidable } from "../../src/dispatch/review/decidable.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { localZone } from "../../src/domain/localZone.ts"
import type { JobResult } from "../../src/domain/JobResult.ts"
import { REVIEW_LABEL } from "../../src/domain/Outcome.ts"
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { gatherReview } from "../../src/report/review/gather.ts"
import { reviewView } from "../../src/report/review/reviewView.ts"
import { reviewText } from "../../src/report/review/text.ts"
import {
  contract,
  FakeBeadsState,
  FakeKeptWork,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeVerifierState,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import { newAttempt } from "../contract/support.ts"
import { keeps } from "../contract/keeps.ts"
import { firstBug, nextRun } from "./settle/support.ts"
import { inWorld, opencode, options, type World } from "./support.ts"

const ships = { prompt: true, workspace: true }
const url = "https://git.example/app/pull/7"
const result: JobResult = { kind: "pull_request", url, branch: "fix/bd-1" }

const world: World = {
  beads: { issues: [{ id: "bd-1", title: "Prices show NaN" }] },
  settings: { verify: { command: ["npm", "test"] }, watch: "never" },
  runner: { ships }
}

keeps(
  "FakeRunner",
  contract.shipping(
    Effect.gen(function* () {
      const context = yield* Layer.build(FakeRunner.layer({ ships }))
      const { finish } = Context.get(context, FakeRunnerState)
      return {
        layer: Layer.succeedContext(context),
        request: (beads) =>
          Effect.succeed({
            beads,
            provider: { name: opencode },
            prompt: new PromptFile({ beads, path: `/fake/${beads}.prompt` }),
            workspace: new Workspace({ path: "/src/app", reused: true, shipped: true }),
            repo: "app",
            previousRun: undefined,
            attempt: newAttempt(),
            onLaunch: () => Effect.void
          }),
        end: (id, made) => finish(id, 0, made ? { result } : {})
      }
    })
  )
)

/** The run that starts the job, its end, and the run that settles it. */
const twoRuns = (says: FakeRunner.FakeWords, exitCode = 0) =>
  Effect.gen(function* () {
    const runner = yield* FakeRunnerState
    assert.strictEqual((yield* nextRun).report.dispatched, 1)
    yield* TestClock.adjust("10 minutes")
    yield* runner.finish("bd-1", exitCode, says)
    yield* TestClock.adjust("2 minutes")
    return (yield* nextRun).report
  })

describe("a runner that ships prompt and workspace itself", () => {
  it.effect("gets the clone and no worktree; the prompt names no path of this host and is gone after the start", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        const { report } = yield* nextRun
        assert.strictEqual(report.backends.workspace, "the runner's own")
        const start = (yield* (yield* FakeRunnerState).calls).find(({ method }) => method === "start")
        assert.deepInclude(start?.args[0], {
          workspace: new Workspace({ path: "/src/app", reused: true, shipped: true })
        })
        assert.isEmpty(yield* (yield* FakeWorkspacesState).workspaces)
        assert.isEmpty(yield* (yield* FakePromptsState).files)
        const written = (yield* (yield* FakePromptsState).calls).find(({ method }) => method === "write")
        assert.include(String(written?.args[2]), "the checkout that you were started in")
        assert.notInclude(String(written?.args[2]), "/src/app")
      })
    )
  )

  it.effect("a job that ends well with a pull request waits for review, with its address in comment and report", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        const report = yield* twoRuns({ result })
        const { attempt, comments, issue } = yield* firstBug
        assert.deepInclude(attempt, { phase: "settled", end: "succeeded", review: "label", result })
        assert.isTrue(issue?.labels.includes(REVIEW_LABEL))
        assert.isUndefined(issue?.assignee)
        assert.isTrue(comments.some(({ text }) => text.includes(`pull request ${url} (branch fix/bd-1)`)))
        const [ended] = report.ended
        assert.deepInclude(ended, { end: "succeeded", result, verified: "none" })
        assert.include(ended?.detail, url)
        const checks = (yield* (yield* FakeVerifierState).calls).map(({ method }) => method)
        assert.notInclude(checks, "start", "there is no worktree to check")
        const compared = (yield* (yield* FakeWorkspacesState).calls).map(({ method }) => method)
        for (const method of ["acquire", "discard", "inspect"]) assert.notInclude(compared, method)
      })
    )
  )

  it.effect("a job that ends well without a result has done nothing", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        const report = yield* twoRuns({})
        const { attempt, issue } = yield* firstBug
        assert.deepInclude(attempt, { end: "no_op" })
        assert.isFalse(issue?.labels.includes(REVIEW_LABEL))
        assert.include(report.ended[0]?.detail, "its runner names no result of it")
      })
    )
  )

  it.effect("a job that fails has failed, whatever it made", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        yield* twoRuns({ result }, 1)
        const { attempt } = yield* firstBug
        assert.deepInclude(attempt, { end: "failed" })
        assert.notProperty(attempt, "result")
      })
    )
  )

  it.effect("review shows where the work is, and says that a person merges it there", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        yield* twoRuns({ result })
        const view = reviewView(yield* gatherReview)
        assert.deepInclude(view.waiting[0], { beads: BeadsId.make("bd-1"), result })
        assert.isUndefined(view.waiting[0]?.worktree)
        const text = reviewText(view, {
          program: "nightly-dispatch",
          now: 0,
          zone: localZone,
          width: 200,
          color: false
        })
        assert.include(text, `pull request ${url} (branch fix/bd-1)`)
        assert.notMatch(text, /unknown/)
        const { message } = yield* Effect.flip(decidable(options, BeadsId.make("bd-1")))
        assert.include(message, `its work is not on this host: pull request ${url}`)
        assert.include(message, "Merge or close it there, then close the bug")
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "closed", closedAt: 1 })
        assert.isEmpty(reviewView(yield* gatherReview).waiting, "a closed bug needs nobody")
      })
    ).pipe(Effect.provide(FakeKeptWork.layer({})))
  )

  it.effect("a result of a job in a worktree makes it no no-op either", () =>
    inWorld(
      { ...world, runner: {} },
      Effect.gen(function* () {
        yield* twoRuns({ result })
        const { attempt } = yield* firstBug
        assert.deepInclude(attempt, { end: "succeeded", review: "label", result })
      })
    )
  )
})
