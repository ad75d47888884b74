import { assert, describe, it } from "@effect/vitest"
import { signature } from "../../../src/dispatch/plan/signature.ts"
import { NEVER_TRIED, type BugHistory } from "../../../src/domain/History.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import type { FakeBeads } from "../../../src/testing/index.ts"
import { ids, issue, NOW, planned } from "./support.ts"

describe("plan: duplicates", () => {
  it("skips the less urgent of two bugs that report the same error as a duplicate", () => {
    const description = (n: number) =>
      `Seen at 0x${n}f00\nTypeError: cannot read 'id' of undefined\n    at parse (src/parse.js:${n}:7)\n`
    const { chosen, skipped } = planned([
      { id: "bd-2", title: "parser is broken", description: description(17), priority: 1 },
      { id: "bd-1", title: "crash on load", description: description(21), priority: 0 }
    ])
    assert.deepStrictEqual(ids(chosen), ["bd-1"])
    assert.deepStrictEqual(
      skipped.map(({ detail, reason }) => [reason, detail]),
      [["duplicate", "same error as bd-1, which is chosen in this run"]]
    )
  })

  describe("a duplicate of a bug", () => {
    const duplicate = { id: "bd-9", title: "crash on load", priority: 0 }
    const original = { id: "bd-1", title: "Crash  on load", priority: 1 }
    const notInList = { underWay: [issue({ ...original, status: "in_progress", assignee: "nightly-dispatch/vm/1/1" })] }
    const unrelated = { id: "bd-5", title: "another", assignee: "somebody" }
    const historyOfOriginal =
      (history: Partial<BugHistory>) =>
      ({ id }: { readonly id: string }): BugHistory => ({ ...NEVER_TRIED, ...(id === "bd-1" ? history : {}) })
    const atWork = "duplicate: same error as bd-1, which is being worked on"
    const backsOff = "duplicate: same error as bd-1, which waits until 1970-01-01T00:16:40.001Z"
    const commit = { kind: "commit", place: 'commit 1a2b3c4 "Fix" on main', at: 0 } as const
    const hasWork = "duplicate: same error as bd-1, for which work exists already"
    const otherRuns = { running: new Set(["bd-2"]), underWay: [issue({ ...original, id: "bd-2" })] }
    const inReview = "duplicate: same error as bd-1, whose work waits for review"

    const cases: ReadonlyArray<
      readonly [name: string, other: FakeBeads.FakeIssue, input: Parameters<typeof planned>[1], expected: string]
    > = [
      ["not in the list whose job runs", unrelated, { ...notInList, running: new Set(["bd-1"]) }, atWork],
      ["not in the list with an open attempt", unrelated, { ...notInList, unsettled: new Set(["bd-1"]) }, atWork],
      ["whose job runs", original, { running: new Set(["bd-1"]) }, atWork],
      ["with an open attempt", original, { unsettled: new Set(["bd-1"]) }, atWork],
      ["with the review label", { ...original, labels: [REVIEW_LABEL] }, {}, inReview],
      [
        "in review by the journal",
        original,
        { history: historyOfOriginal({ unreviewed: "its work waits" }) },
        inReview
      ],
      ["that is not in the list", unrelated, {}, "bd-9"],
      ["that is blocked", { ...original, blockedBy: ["bd-x"] }, {}, "bd-9"],
      ["that a person works on", { ...original, assignee: "somebody" }, {}, "bd-9"],
      ["that backs off", original, { history: historyOfOriginal({ failures: 1, notBefore: NOW + 1 }) }, backsOff],
      ["for which work exists", original, { foundWork: new Map([["bd-1", commit]]) }, hasWork],
      // The duplicate may describe the error better than the bug that failed, of which a person was told.
      ["whose attempts are used up", original, { history: historyOfOriginal({ failures: 3 }) }, "bd-9"],
      [
        "that backs off, and another whose job runs",
        original,
        { ...otherRuns, history: historyOfOriginal({ failures: 1, notBefore: NOW + 1 }) },
        "duplicate: same error as bd-2, which is being worked on"
      ]
    ]
    for (const [name, other, input, expected] of cases) {
      it(`${name} is ${expected === "bd-9" ? "chosen" : "skipped"}`, () => {
        const { chosen, skipped } = planned([other, duplicate], input)
        const skip = skipped.find(({ beads }) => beads === duplicate.id)
        assert.strictEqual(skip === undefined ? ids(chosen).join() : `${skip.reason}: ${skip.detail}`, expected)
      })
    }
  })

  it("a copy of an eligible bug that is not chosen waits for that bug's turn, and says why", () => {
    const bugs = [
      { id: "bd-1", title: "a", priority: 0 },
      { id: "bd-2", title: "b" },
      { id: "bd-3", title: "b" }
    ]
    const { chosen, skipped } = planned(bugs, { set: { limits: { maxDispatches: 1 } } })
    assert.deepStrictEqual(ids(chosen), ["bd-1"])
    assert.deepStrictEqual(
      Object.fromEntries(skipped.map(({ beads, detail, reason }) => [beads, `${reason}: ${detail}`])),
      {
        "bd-2": "limit: 1 a run",
        "bd-3": "duplicate: same error as bd-2, which waits for its turn: 1 a run"
      }
    )
  })

  it("bugs with the same short message and different stack frames are not duplicates", () => {
    const inA = issue({ id: "bd-1", description: "Error: boom\n    at a (a.js:1:1)" })
    const inB = issue({ id: "bd-2", description: "Error: boom\n    at b (b.js:1:1)" })
    assert.notStrictEqual(signature(inA), signature(inB))
  })

  it("two issues of the fake tracker with nothing but an id are both chosen", () => {
    assert.deepStrictEqual(ids(planned([{ id: "bd-1" }, { id: "bd-2" }]).chosen), ["bd-1", "bd-2"])
    assert.deepStrictEqual(ids(planned([{ id: "bd-deadbeef" }, { id: "bd-cafecafe" }]).chosen), [
      "bd-cafecafe",
      "bd-deadbeef"
    ])
  })
})
