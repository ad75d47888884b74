import { assert, describe, it } from "@effect/vitest"
import { Skipped } from "../../../src/domain/Outcome.ts"
import { compare, figuresOf } from "../../../src/report/shadow/compare.ts"
import type { ShadowRun } from "../../../src/domain/ShadowRun.ts"
import { planned, seenBug, shadowOf } from "../../shadows.ts"

const HOUR = 3_600_000
const at = (hour: number) => hour * HOUR
type Seen = Parameters<typeof seenBug>[0]

const old = "old-job"
const open: Seen = { id: "bd-1" }
const claimed: Seen = { id: "bd-1", status: "in_progress", assignee: old }
const closed: Seen = { id: "bd-1", status: "closed", assignee: old }
const limit = new Skipped({ beads: "bd-1", reason: "limit", detail: "2 a run" })

const judged = (runs: ReadonlyArray<ShadowRun>, now: Seen, hour = 9) =>
  compare({ runs, now: { at: at(hour), seen: [seenBug(now)] }, leftAfter: at(3) })
const one = (...args: Parameters<typeof judged>) => judged(...args)[0]
const we = shadowOf(at(1), { outcomes: [planned("bd-1")], seen: [open] })
const not = shadowOf(at(1), { outcomes: [limit], seen: [open] })

describe("the comparison of shadow runs with the tracker", () => {
  it("both took it: who, between which looks, and that it was closed", () => {
    const bug = one([we, shadowOf(at(2), { seen: [claimed] })], closed)
    assert.deepInclude(bug, { compared: "both", cameTo: "closed", closed: at(9), reason: undefined })
    assert.deepStrictEqual(bug?.we, { at: at(1), provider: bug?.we?.provider, runs: 1 })
    assert.deepStrictEqual(bug?.takings, [{ who: old, after: at(1), by: at(2), until: at(9), end: "closed" }])
  })

  it("a bug that was taken and closed between two looks was taken by its last assignee", () => {
    const bug = one([we], closed)
    assert.deepInclude(bug, { compared: "both", cameTo: "closed" })
    assert.deepStrictEqual(bug?.takings, [{ who: old, after: at(1), by: at(9), until: at(9), end: "closed" }])
  })

  it("we would have and nobody did", () => {
    assert.deepInclude(one([we], open), { compared: "only_we", cameTo: "open", takings: [] })
    assert.isEmpty(judged([not], open), "neither did")
  })

  it("somebody took it and we would not have: our last reason before that", () => {
    const label = new Skipped({ beads: "bd-1", reason: "label", detail: "human" })
    const later = new Skipped({ beads: "bd-1", reason: "assigned", detail: old })
    const runs = [
      not,
      shadowOf(at(2), { outcomes: [label], seen: [open] }),
      shadowOf(at(3), { outcomes: [later], seen: [claimed] })
    ]
    assert.deepInclude(one(runs, claimed, 4), { compared: "only_they", cameTo: "held", reason: "label: human" })
    const fresh = one([shadowOf(at(1)), shadowOf(at(2), { seen: [claimed] })], claimed, 3)
    assert.deepInclude(fresh, { compared: "only_they", reason: "no shadow run saw it before it was taken" })
  })

  it("taken and given back, also more than once, and passed on to another", () => {
    const other: Seen = { ...claimed, assignee: "other" }
    const runs = [not, ...[claimed, open, claimed, other].map((bug, index) => shadowOf(at(2 + index), { seen: [bug] }))]
    const bug = one(runs, open)
    assert.strictEqual(bug?.cameTo, "given_back")
    assert.deepStrictEqual(
      bug?.takings.map(({ by, end, until, who }) => [who, by / HOUR, end, (until ?? 0) / HOUR]),
      [
        [old, 2, "given_back", 3],
        [old, 4, "passed_on", 5],
        ["other", 5, "given_back", 9]
      ]
    )
  })

  it("a claim is left behind after the time of a job, and held before", () => {
    const runs = [we, shadowOf(at(2), { seen: [claimed] })]
    assert.strictEqual(one(runs, claimed, 4)?.cameTo, "held")
    assert.strictEqual(one(runs, claimed, 5)?.cameTo, "left_behind")
    const nameless: Seen = { id: "bd-1", status: "in_progress" }
    const bug = one([not, shadowOf(at(2), { seen: [nameless] })], nameless)
    assert.deepInclude(bug, { compared: "only_they", cameTo: "left_behind" })
    assert.deepStrictEqual(bug?.takings, [{ who: undefined, after: at(1), by: at(2) }])
  })

  it("a claim that was there at the first look was nobody's decision of that week", () => {
    const bug = one([shadowOf(at(1), { seen: [claimed] })], claimed)
    assert.deepInclude(bug, { compared: "taken_before", cameTo: "left_behind" })
    assert.isUndefined(bug?.takings[0]?.after)
  })

  it("closed without a claim, and missing from the tracker", () => {
    assert.deepInclude(one([not], { id: "bd-1", status: "closed" }), {
      compared: "nobody",
      cameTo: "closed",
      takings: []
    })
    assert.deepInclude(one([we], { id: "bd-1", status: "missing" }), { compared: "only_we", cameTo: "missing" })
  })

  it("what a look could not read changes nothing", () => {
    const unread = shadowOf(at(3), { seen: [{ ...open, unread: true }] })
    const bug = one([we, shadowOf(at(2), { seen: [claimed] }), unread], { ...open, unread: true }, 4)
    assert.deepInclude(bug, { compared: "both", cameTo: "held", status: "in_progress" })
    assert.lengthOf(bug?.takings ?? [], 1)
  })

  it("counts each bug under who took it, and under what it came to", () => {
    const runs = [
      shadowOf(at(1), {
        outcomes: [planned("bd-1"), planned("bd-2")],
        seen: [{ id: "bd-1" }, { id: "bd-2" }, { id: "bd-3" }]
      }),
      shadowOf(at(2), { seen: [claimed, { id: "bd-2" }, { ...claimed, id: "bd-3" }] })
    ]
    const seen = [closed, { id: "bd-2" }, { id: "bd-3" }].map(seenBug)
    assert.deepStrictEqual(figuresOf(compare({ runs, now: { at: at(9), seen }, leftAfter: at(3) })), {
      both: 1,
      onlyWe: 1,
      onlyThey: 1,
      takenBefore: 0,
      closed: 1,
      givenBack: 1,
      leftBehind: 0
    })
  })
})
