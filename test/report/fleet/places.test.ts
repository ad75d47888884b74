import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import type { PushedWork } from "../../../src/domain/PushedWork.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { decidable } from "../../../src/dispatch/review/decidable.ts"
import { elsewhere } from "../../../src/journal/elsewhere.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { explainView } from "../../../src/report/explain/explainView.ts"
import { gatherExplain } from "../../../src/report/explain/gather.ts"
import { explainText } from "../../../src/report/explain/text.ts"
import type { Frame } from "../../../src/report/Frame.ts"
import { findLog } from "../../../src/report/logs/findLog.ts"
import { gatherOne, gatherReview } from "../../../src/report/review/gather.ts"
import { reviewView, waitingWork } from "../../../src/report/review/reviewView.ts"
import { decisionText, reviewText, summaryText } from "../../../src/report/review/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { fakeAttempt, FakeKeptWork } from "../../../src/testing/index.ts"
import { fakes, opencode, options, type World } from "../../dispatch/support.ts"
import { actorOn, fleetLayer, host, identityOf } from "./support.ts"

const BUG = BeadsId.make("bd-1")
const frameOf = (width: number): Frame => ({
  now: 3_600_000,
  zone: () => DateTime.zoneUnsafeMakeNamed("UTC"),
  width,
  color: false,
  program: "nightly-dispatch"
})

const left = (on: string, number: number, pushed?: PushedWork) =>
  fakeAttempt("settled", {
    beads: BUG,
    actor: actorOn(on, number),
    number,
    end: "succeeded",
    blame: undefined,
    detail: "1 commit",
    commits: 1,
    review: "label",
    workspace: new Workspace({ path: "/w/bd-1", branch: "nightly-dispatch/bd-1", reused: false }),
    ack: Ack.make({ beads: BUG, provider: opencode, how: "started", log: `/state/jobs/bd-1/${number}/log` }),
    ...(pushed === undefined ? {} : { pushed })
  })
const PUSHED: PushedWork = {
  _tag: "Pushed",
  remote: "origin",
  branch: "nightly-dispatch/bd-1",
  at: 0,
  commit: "1a2b3c4d5e"
}

const worldOf = (attempt: ReturnType<typeof left>): World => ({
  beads: { issues: [{ id: "bd-1", title: "Prices show NaN", labels: [REVIEW_LABEL] }] },
  journal: { attempts: [attempt], identity: identityOf("vm-1") }
})
/** As `vm-1` sees it, whose git has a branch of the same name. */
const onFirst = (attempt: ReturnType<typeof left>) =>
  Effect.provide(
    Layer.mergeAll(
      fakes(worldOf(attempt)),
      FakeKeptWork.layer({ branches: { "nightly-dispatch/bd-1": {} } }),
      fleetLayer([host("vm-1"), host("vm-2")])
    )
  )
const fits = (text: string, width: number) => {
  for (const line of text.split("\n")) assert.isAtMost(widthOf(line), width, line)
}

describe("explain, in a fleet", () => {
  const explained = (on: string) =>
    Effect.map(gatherExplain(BUG, options.repository, false), explainView).pipe(onFirst(left(on, 1)))

  it.effect("says on which host an attempt, its log and its work are, and looks for nothing of it here", () =>
    Effect.gen(function* () {
      const view = yield* explained("vm-2")
      assert.strictEqual(view.attempts[0]?.host, "vm-2")
      assert.deepStrictEqual(view.log, {
        host: "vm-2",
        path: "/state/jobs/bd-1/1/log",
        attempt: 1,
        lines: [],
        why: "to read it, run on vm-2: nightly-dispatch logs bd-1"
      })
      assert.deepInclude(view.work, { host: "vm-2", state: "unknown", worktreeState: "unknown" })
      for (const width of [80, 200]) {
        const text = explainText(view, frameOf(width), false)
        fits(text, width)
        assert.include(text, "on vm-2: /state/jobs/bd-1/1/log")
        assert.include(text, "worktree on vm-2: /w/bd-1")
        assert.include(text, "branch nightly-dispatch/bd-1 on vm-2")
      }
    })
  )

  it.effect("says nothing of a host where the attempt is this one's", () =>
    Effect.gen(function* () {
      const view = yield* explained("vm-1")
      assert.notProperty(view.attempts[0], "host")
      assert.notProperty(view.work, "host")
      assert.strictEqual(view.work?.state, "exists")
      assert.notInclude(explainText(view, frameOf(80), true), "vm-1")
    })
  )
})

describe("logs, in a fleet", () => {
  const found = (number?: number) =>
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      return yield* findLog(BUG, yield* queries.attemptsOf(BUG), number, yield* elsewhere)
    })

  it.effect("a log of another host is not looked for: what to type, and where", () =>
    Effect.gen(function* () {
      for (const number of [undefined, 1]) {
        const { next, what } = yield* Effect.flip(found(number)).pipe(onFirst(left("vm-2", 1)))
        assert.strictEqual(what, "the log of attempt 1 is on vm-2: /state/jobs/bd-1/1/log")
        assert.strictEqual(next, "On vm-2, run: nightly-dispatch logs bd-1 --attempt 1")
      }
      const { path } = yield* found().pipe(onFirst(left("vm-1", 1)))
      assert.strictEqual(path, "/state/jobs/bd-1/1/log")
    })
  )
})

describe("review, in a fleet", () => {
  const shown = (attempt: ReturnType<typeof left>, width: number) =>
    Effect.map(gatherOne(BUG), ({ unknown, work }) => {
      const view = waitingWork(work)
      return `${summaryText(view, unknown, frameOf(width))}\n\n${decisionText(view, frameOf(width))}`
    }).pipe(onFirst(attempt))

  it.effect("lists work of another host with the host, whatever this host's git has under that name", () =>
    Effect.gen(function* () {
      const view = yield* Effect.map(gatherReview, reviewView).pipe(onFirst(left("vm-2", 1)))
      assert.deepInclude(view.waiting[0], { host: "vm-2", branchState: "unknown", merged: "unknown" })
      assert.notProperty(view.waiting[0], "commits")
      const text = reviewText(view, frameOf(80))
      assert.match(text, /^ {2}on vm-2 · opencode/m)
      assert.notInclude(text, "unknown:")
    })
  )

  it.effect("work that no remote has is decided about on its host, and nothing is changed from here", () =>
    Effect.gen(function* () {
      for (const width of [80, 200]) {
        const text = yield* shown(left("vm-2", 1), width)
        fits(text, width)
        assert.include(text, "branch on vm-2: nightly-dispatch/bd-1")
        assert.include(text, "No remote has this branch, so decide on vm-2:")
        assert.notInclude(text, "--accept")
      }
      const why = yield* Effect.flip(Effect.asVoid(decidable(options, BUG))).pipe(onFirst(left("vm-2", 1)))
      assert.include(why.message, "its work is on vm-2, and no remote has it. Nothing was changed")
      assert.include(why.message, "nightly-dispatch retry bd-1")
    })
  )

  it.effect("work that was pushed is accepted from any host", () =>
    Effect.gen(function* () {
      const text = yield* shown(left("vm-2", 1, PUSHED), 80)
      assert.match(text, /accept \(fetch, merge, close\):\s+nightly-dispatch review bd-1 --accept/)
      assert.match(text, /pushed to origin at\s+1a2b3c4d/)
      yield* decidable(options, BUG).pipe(onFirst(left("vm-2", 1, PUSHED)))
    })
  )
})
