import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import * as dryRun from "../../../src/dispatch/attempt/dryRun.ts"
import { seenBugs } from "../../../src/dispatch/shadow/seenBugs.ts"
import { shadowRun } from "../../../src/dispatch/shadow/shadowRun.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { FakeBeads, FakeBeadsState, FakeJournal } from "../../../src/testing/index.ts"
import { seenBug, shadowOf } from "../../shadows.ts"
import { fakes, options, trackerDown, type World } from "../support.ts"

const run = Effect.provide(shadowRun(options), dryRun.layer)
const kept = Effect.flatMap(JournalQueries, (queries) => queries.shadows({ since: 0 }))
const inWorld = (world: World) => Effect.provide(fakes(world))

describe("a shadow run", () => {
  it.effect("keeps its decision and what the tracker shows, and claims nothing", () =>
    Effect.gen(function* () {
      const report = yield* run
      assert.deepInclude(report, { shadow: true, dryRun: true, dispatched: 0, exit: 0 })
      const [shadow] = yield* kept
      assert.deepStrictEqual(
        shadow?.report.outcomes.map(({ _tag, beads }) => [_tag, beads]),
        [
          ["Skipped", "bd-2"],
          ["Planned", "bd-1"]
        ]
      )
      assert.deepStrictEqual(
        shadow?.seen.map(({ assignee, id, status }) => [id, status, assignee]),
        [
          ["bd-1", "open", undefined],
          ["bd-2", "open", "somebody"]
        ]
      )
      const { calls } = yield* FakeBeadsState
      assert.isEmpty((yield* calls).filter(({ method }) => /claim$|release|label|close|comment/.test(method)))
    }).pipe(inWorld({ beads: { issues: [{ id: "bd-1" }, { id: "bd-2", assignee: "somebody" }] } }))
  )

  it.effect("removes shadow runs that are older than retention.journal", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(Duration.sum(defaultSettings.retention.journal, "2 days"))
      yield* run
      assert.lengthOf(yield* kept, 2, "of three")
    }).pipe(inWorld({ journal: { shadows: [shadowOf(1), shadowOf(Duration.toMillis("40 days"))] } }))
  )

  it.effect("says with its exit code that it could not be recorded", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* run, { exit: 6, error: "journal memory: the disk is full" })
    }).pipe(
      inWorld({
        journal: {
          faults: [
            FakeJournal.on("shadow").fails(
              new JournalFailed({ file: "memory", reason: "unusable", detail: "the disk is full" })
            )
          ]
        }
      })
    )
  )

  it.effect("is recorded with its failure if the tracker is down; what was known stays, as unread", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* run, { exit: 4, shadow: true })
      const shadow = (yield* kept).at(-1)
      assert.match(shadow?.report.error ?? "", /tracker|bd/)
      assert.deepStrictEqual(shadow?.seen, [{ ...seenBug({ id: "bd-1" }), unread: true }])
    }).pipe(
      inWorld({
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [FakeBeads.on("openBugs").fails(trackerDown), FakeBeads.on("claimsOf").fails(trackerDown)]
        },
        journal: { shadows: [shadowOf(0, { seen: [{ id: "bd-1" }, { id: "bd-2", status: "closed" }] })] }
      })
    )
  )
})

describe("what the tracker shows", () => {
  const known = ["bd-1", "bd-2", "bd-3", "bd-4"].map((id) => seenBug({ id }))
  const seen = Effect.map(seenBugs([...known, seenBug({ id: "bd-9", status: "closed" })]), (look) => ({
    ...look,
    states: look.seen.map(({ assignee, id, status, unread }) => [id, status, assignee, unread ?? false])
  }))
  const issues: ReadonlyArray<FakeBeads.FakeIssue> = [
    { id: "bd-1", status: "in_progress", assignee: "old-job" },
    { id: "bd-2", status: "closed", closedAt: 5, assignee: "old-job" },
    { id: "bd-3" },
    { id: "bd-5", status: "in_progress", assignee: "old-job" },
    { id: "bd-6", status: "in_progress", assignee: "op", type: "feature" },
    { id: "bd-9" }
  ]

  it.effect("of open bugs, of claims that no shadow run saw begin, of what was known; and what is missing", () =>
    Effect.gen(function* () {
      const { notes, states } = yield* seen
      assert.isEmpty(notes)
      assert.deepStrictEqual(states.toSorted(), [
        ["bd-1", "in_progress", "old-job", false],
        ["bd-2", "closed", "old-job", false],
        ["bd-3", "open", undefined, false],
        ["bd-4", "missing", undefined, false],
        ["bd-5", "in_progress", "old-job", false],
        ["bd-9", "open", undefined, false]
      ])
    }).pipe(inWorld({ beads: { issues } }))
  )

  it.effect("what could not be read is neither gone nor changed, and the note says why", () =>
    Effect.gen(function* () {
      const { notes, states } = yield* seen
      assert.deepStrictEqual(notes, [trackerDown.message])
      assert.deepInclude(states, ["bd-2", "open", undefined, true])
      assert.deepInclude(states, ["bd-1", "in_progress", "old-job", false])
    }).pipe(inWorld({ beads: { issues, faults: [FakeBeads.on("show", "bd-2").fails(trackerDown)] } }))
  )
})
