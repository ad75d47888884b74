import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, runIdOf } from "../../../src/domain/Ids.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { gatherReport } from "../../../src/report/report/gather.ts"
import { reportMarkdown } from "../../../src/report/report/markdown.ts"
import { reportView } from "../../../src/report/report/reportView.ts"
import { reportText } from "../../../src/report/report/text.ts"
import { fakeAttempt, FakeBeads, FakeJournal, FakeKeptWork } from "../../../src/testing/index.ts"
import { fakes, opencode, trackerDown, type World } from "../../dispatch/support.ts"
import { at, frame, NOW, zone } from "./sample.ts"

const CLONE = "/home/op/shop"
const [SHOP, OTHER] = [BeadsId.make("shop-4k2"), BeadsId.make("shop-9fd")]
const options = {
  since: at(20, "12:00"),
  zone,
  host: "vm-1",
  repository: "shop",
  schedule: { schedule: undefined, why: "not known: no crontab line" }
}

let attempts = 0
/** An attempt of last night that left work on the bug's branch, or failed. */
const ended = (beads: BeadsId, end: "succeeded" | "failed", repository = CLONE) => {
  const actor = Actor.make(`nightly-dispatch/vm-1/${runIdOf(at(26, "02:00"), 1)}/${++attempts}`)
  return fakeAttempt("settled", {
    beads,
    actor,
    run: runIdOf(at(26, "02:00"), 1),
    createdAt: at(26, "02:00"),
    updatedAt: at(26, "02:30"),
    ack: Ack.make({ beads, provider: opencode, how: "started" }),
    end,
    blame: end === "failed" ? "issue" : undefined,
    detail: end === "failed" ? "exit 3" : "the job ended well",
    review: end === "succeeded" ? "label" : undefined,
    repository: { name: "shop", path: repository },
    workspace: new Workspace({ path: `/w/${beads}`, branch: `nightly-dispatch/${beads}`, reused: false })
  })
}

const night: World = {
  beads: {
    issues: [
      { id: SHOP, title: "The cart loses a row" },
      { id: OTHER, title: "Prices show NaN" }
    ]
  },
  journal: { attempts: [ended(SHOP, "succeeded"), ended(OTHER, "failed"), ended(OTHER, "failed")] }
}

const gathered = (
  world: World,
  kept: FakeKeptWork.FakeKeptWorkScript = { branches: { [`nightly-dispatch/${SHOP}`]: {} } }
) =>
  gatherReport(options).pipe(
    Effect.map(reportView),
    Effect.provide(Layer.merge(fakes(world), FakeKeptWork.layer(kept)))
  )

const damaged = new JournalFailed({
  file: "journal.db",
  reason: "unusable",
  detail: "database disk image is malformed"
})

describe("what the report finds out", () => {
  it.effect("the ends of the window, what became of their branches, and the titles of what is shown", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const view = yield* gathered(night)
      assert.deepInclude(view.review, { branches: 1, waiting: 1, unknown: 0 })
      assert.deepStrictEqual(
        view.keepsFailing.map(({ beads, title }) => [beads, title]),
        [[OTHER, "Prices show NaN"]]
      )
      assert.isEmpty(view.notes)
    })
  )

  it.effect("with a tracker that is down it comes without titles, and says so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const view = yield* gathered({ ...night, beads: { faults: [FakeBeads.on("show").fails(trackerDown)] } })
      assert.deepStrictEqual(
        view.keepsFailing.map(({ beads, title }) => [beads, title]),
        [[OTHER, undefined]]
      )
      for (const text of [reportText(view, frame), reportMarkdown(view, frame)])
        assert.include(text.replaceAll(/\s+/g, " "), "titles are missing, because the tracker could not be read")
    })
  )

  it.effect("waits five seconds at most for a tracker that hangs", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const fiber = yield* Effect.fork(gathered({ ...night, beads: { faults: [FakeBeads.on("show").hangs()] } }))
      yield* TestClock.adjust("5 seconds")
      const view = yield* Fiber.join(fiber)
      assert.include(view.notes.join(), "it did not answer within 5s")
    })
  )

  it.effect("a git that hangs leaves the branches of that clone unknown, after 20 seconds, and says so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const hangs = FakeKeptWork.on("many", CLONE).hangs()
      const elsewhere = ended(BeadsId.make("api-1"), "succeeded", "/home/op/api")
      const world = { ...night, journal: { attempts: [...(night.journal?.attempts ?? []), elsewhere] } }
      const kept = { branches: { "nightly-dispatch/api-1": { merged: "yes" } }, faults: [hangs] } as const
      const fiber = yield* Effect.fork(gathered(world, kept))
      yield* TestClock.adjust("20 seconds")
      const view = yield* Fiber.join(fiber)
      assert.deepInclude(view.review, { branches: 2, merged: 1, waiting: 0, unknown: 1 })
      assert.include(
        reportText(view, { ...frame, width: 200 }),
        `git did not answer within 20s, so its branches are unknown: ${CLONE}`
      )
    })
  )

  it.effect(
    "a branch that is deleted is unknown, or merged if the base says so; a worktree that is gone matters not",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(NOW)
        assert.deepInclude((yield* gathered(night, {})).review, { branches: 1, unknown: 1 })
        const branches = {
          [`nightly-dispatch/${SHOP}`]: { branch: "deleted", merged: "yes", worktree: "gone" }
        } as const
        assert.deepInclude((yield* gathered(night, { branches })).review, { branches: 1, merged: 1 })
      })
  )

  it.effect("an empty journal: a report that says what to do next", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const view = yield* gathered({})
      assert.include(reportText(view, frame), "The journal has no run yet.")
      assert.include(reportMarkdown(view, frame), "nightly-dispatch run --dry-run")
    })
  )

  it.effect("fails if one of its queries fails, and names the file: an incomplete report would be believed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const on = FakeJournal.onQuery
      const broken = [
        on("runs").fails(damaged),
        on("ended").fails(damaged),
        on("open").fails(damaged),
        on("refusals").fails(damaged),
        on("fallbacks").fails(damaged),
        on("decisions").fails(damaged)
      ]
      for (const fault of broken) {
        const failure = yield* Effect.flip(gathered({ ...night, journal: { ...night.journal, queryFaults: [fault] } }))
        assert.match(failure.message, /journal\.db.*malformed/)
      }
    })
  )

  it.effect("fails after 30 seconds if the journal does not answer", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      const journal = { ...night.journal, queryFaults: [FakeJournal.onQuery("ended").hangs()] }
      const fiber = yield* Effect.fork(Effect.flip(gathered({ ...night, journal })))
      yield* TestClock.adjust("30 seconds")
      assert.include((yield* Fiber.join(fiber)).message, "no answer within 30s")
    })
  )
})
