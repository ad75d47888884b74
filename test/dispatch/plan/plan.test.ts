import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { plan, type PlanInput } from "../../../src/dispatch/plan/plan.ts"
import { historyOf, type BugHistory } from "../../../src/domain/History.ts"
import { signature } from "../../../src/dispatch/plan/signature.ts"
import { Intake, MalformedIssue } from "../../../src/domain/Issue.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { FakeBeads } from "../../../src/testing/index.ts"
import { settings, outcomesByBug } from "../support.ts"

const { issue } = FakeBeads
const NOW = 1_000_000

const planned = (
  issues: ReadonlyArray<FakeBeads.FakeIssue>,
  input: Partial<PlanInput> & { set?: Record<string, unknown> } = {}
) =>
  plan({
    intake: new Intake({ issues: issues.map(issue), malformed: [] }),
    settings: settings(input.set),
    running: new Set(),
    unsettled: new Set(),
    underWay: [],
    history: () => historyOf([], ""),
    promptRefusal: () => undefined,
    now: NOW,
    ...input
  })

const ids = (chosen: ReadonlyArray<{ readonly id: string }>) => chosen.map(({ id }) => id)

describe("plan", () => {
  it("orders by priority, then age, then id", () => {
    const { chosen } = planned(
      [
        { id: "bd-d", priority: 1, createdAt: 5 },
        { id: "bd-c", priority: 1, createdAt: 5 },
        { id: "bd-b", priority: 1, createdAt: 1 },
        { id: "bd-a", priority: 0, createdAt: 9 }
      ],
      { set: { limits: { maxDispatches: 4 } } }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-a", "bd-b", "bd-c", "bd-d"])
  })

  it("gives a reason for every skipped bug", () => {
    const { chosen, skipped } = planned(
      [
        { id: "bd-ok" },
        { id: "bd-assigned", assignee: "Recovery Agent" },
        { id: "bd-progress", status: "in_progress" },
        { id: "bd-closed", closedAt: 5 },
        { id: "bd-blocked", blockedBy: ["bd-x"] },
        { id: "bd-deferred", deferUntil: NOW + 1 },
        { id: "bd-due", deferUntil: NOW - 1 },
        { id: "bd-p2", priority: 2 },
        { id: "bd-task", type: "task" },
        { id: "bd-label", labels: ["no-agent"] },
        { id: "bd-running" },
        { id: "bd-secret" }
      ],
      {
        running: new Set(["bd-running"]),
        promptRefusal: ({ id }) => (id === "bd-secret" ? "names a secret" : undefined),
        set: { intake: { excludeLabels: ["no-agent"] } }
      }
    )
    assert.deepStrictEqual(ids(chosen).toSorted(), ["bd-due", "bd-ok"])
    assert.deepStrictEqual(outcomesByBug(skipped), {
      "bd-assigned": "Skipped assigned",
      "bd-progress": "Skipped not_open",
      "bd-closed": "Skipped not_open",
      "bd-blocked": "Skipped blocked",
      "bd-deferred": "Skipped deferred",
      "bd-p2": "Skipped priority",
      "bd-task": "Skipped type",
      "bd-label": "Skipped label",
      "bd-running": "Skipped running",
      "bd-secret": "Skipped prompt_refused"
    })
  })

  it("takes only labelled bugs when labels are asked for", () => {
    const { chosen } = planned([{ id: "bd-1", labels: ["agent"] }, { id: "bd-2" }], {
      set: { intake: { includeLabels: ["agent"] } }
    })
    assert.deepStrictEqual(ids(chosen), ["bd-1"])
  })

  it("skips a malformed record with a reason, and plans the other bugs", () => {
    const intake = new Intake({
      issues: [issue({ id: "bd-1" })],
      malformed: [new MalformedIssue({ label: "#2", problem: "no id" })]
    })
    const { chosen, skipped } = planned([], { intake })
    assert.deepStrictEqual(ids(chosen), ["bd-1"])
    assert.deepStrictEqual(outcomesByBug(skipped), { "#2": "Skipped malformed" })
  })

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
      [["duplicate", "same error as bd-1"]]
    )
  })

  describe("a duplicate of a bug", () => {
    const duplicate = { id: "bd-9", title: "crash on load", priority: 0 }
    const original = { id: "bd-1", title: "Crash  on load", priority: 1 }
    const notInList = { underWay: [issue({ ...original, status: "in_progress", assignee: "nightly-dispatch/vm/1/1" })] }
    const unrelated = { id: "bd-5", title: "another", assignee: "somebody" }
    const historyOfOriginal =
      (history: Partial<BugHistory>) =>
      ({ id }: { readonly id: string }): BugHistory => ({ ...historyOf([], ""), ...(id === "bd-1" ? history : {}) })
    const atWork = "duplicate: same error as bd-1, which is being worked on"
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
      // The duplicate may describe the error better than the bug that failed.
      ["that backs off", original, { history: historyOfOriginal({ failures: 1, notBefore: NOW + 1 }) }, "bd-9"]
    ]
    for (const [name, other, input, expected] of cases) {
      it(`${name} is ${expected === "bd-9" ? "chosen" : "skipped"}`, () => {
        const { chosen, skipped } = planned([other, duplicate], input)
        const skip = skipped.find(({ beads }) => beads === duplicate.id)
        assert.strictEqual(skip === undefined ? ids(chosen).join() : `${skip.reason}: ${skip.detail}`, expected)
      })
    }
  })

  it("bugs with the same short message and different stack frames are not duplicates", () => {
    const inA = issue({ id: "bd-1", description: "Error: boom\n    at a (a.js:1:1)" })
    const inB = issue({ id: "bd-2", description: "Error: boom\n    at b (b.js:1:1)" })
    assert.notStrictEqual(signature(inA), signature(inB))
  })

  it("chooses at most maxDispatches bugs, and one above the overload threshold", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        id: `bd-${index}`,
        title: `bug ${String.fromCodePoint(97 + index)}`
      }))
    const limit = planned(many(5))
    assert.strictEqual(limit.chosen.length, 3)
    assert.deepStrictEqual(
      limit.skipped.map(({ reason }) => reason),
      ["limit", "limit"]
    )
    const overload = planned(many(11))
    assert.strictEqual(overload.chosen.length, 1)
    assert.isTrue(overload.skipped.every(({ reason }) => reason === "overload"))
  })

  const withHistory = (history: Partial<BugHistory>) => () => ({ ...historyOf([], ""), ...history })
  const resultOf = (input: Parameters<typeof planned>[1], bug: FakeBeads.FakeIssue = { id: "bd-1" }) => {
    const { chosen, skipped } = planned([bug], input)
    return chosen.length > 0 ? "chosen" : skipped.map(({ detail, reason }) => `${reason}: ${detail}`).join()
  }

  it("skips a bug with an open attempt, and counts the attempt as a running job", () => {
    assert.strictEqual(resultOf({ unsettled: new Set(["bd-1"]) }), "unsettled: an earlier attempt is not over")
    assert.strictEqual(resultOf({ unsettled: new Set(["bd-7"]) }), "chosen")
    const jobs = { unsettled: new Set(["bd-7", "bd-8"]), running: new Set(["bd-8"]) }
    assert.strictEqual(resultOf(jobs), "no_capacity: jobs that run, or may: 2, at most 2 at once")
    assert.strictEqual(
      resultOf({ ...jobs, unsettled: new Set(["bd-8"]) }),
      "chosen",
      "the open attempt and the running job are of the same bug"
    )
  })

  it("skips a bug whose work waits for review, by the tracker's label or by the journal", () => {
    assert.strictEqual(
      resultOf({}, { id: "bd-1", labels: ["ui", REVIEW_LABEL] }),
      `awaiting_review: its work waits for review (label ${REVIEW_LABEL})`
    )
    assert.strictEqual(resultOf({}, { id: "bd-1", labels: ["ui", `${REVIEW_LABEL}ed`] }), "chosen")
    assert.strictEqual(
      resultOf({ history: withHistory({ unreviewed: "2 commits in /w" }) }),
      "awaiting_review: 2 commits in /w"
    )
  })

  it("skips a bug after maxAttempts failures, even if the wait is over", () => {
    const set = { limits: { maxAttempts: 2 } }
    const untilChanged = "it is tried again when its description changes"
    assert.strictEqual(resultOf({ set, history: withHistory({ failures: 1 }) }), "chosen")
    assert.strictEqual(
      resultOf({ set, history: withHistory({ failures: 2 }) }),
      `attempts_used_up: 2 attempts failed; ${untilChanged}`
    )
    assert.strictEqual(
      resultOf({ set, history: withHistory({ failures: 3, notBefore: NOW + 1 }) }),
      `attempts_used_up: 3 attempts failed; ${untilChanged}`
    )
  })

  it("skips a bug that backs off, until the millisecond in which the wait is over", () => {
    assert.strictEqual(
      resultOf({ history: withHistory({ failures: 1, notBefore: NOW + 1 }) }),
      "backing_off: not before 1970-01-01T00:16:40.001Z; 1 of 3 attempts used"
    )
    assert.strictEqual(resultOf({ history: withHistory({ failures: 1, notBefore: NOW }) }), "chosen")
  })

  it("does not wait for a time a year away, which a wrong clock has set", () => {
    const HOUR = 3_600_000
    assert.match(resultOf({ history: withHistory({ failures: 1, notBefore: NOW + 24 * HOUR }) }), /^backing_off/)
    assert.strictEqual(resultOf({ history: withHistory({ failures: 1, notBefore: NOW + 9_000 * HOUR }) }), "chosen")
  })

  it("uses each bug's own history", () => {
    const { chosen, skipped } = planned(
      [
        { id: "bd-1", title: "a", priority: 0 },
        { id: "bd-2", title: "b" },
        { id: "bd-3", title: "c" },
        { id: "bd-4", title: "d", labels: [REVIEW_LABEL] },
        { id: "bd-5", title: "e" }
      ],
      {
        unsettled: new Set(["bd-3"]),
        history: ({ id }) =>
          withHistory(id === "bd-1" ? { failures: 3 } : id === "bd-2" ? { failures: 1, notBefore: NOW + 1 } : {})()
      }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-5"])
    assert.deepStrictEqual(outcomesByBug(skipped), {
      "bd-1": "Skipped attempts_used_up",
      "bd-2": "Skipped backing_off",
      "bd-3": "Skipped unsettled",
      "bd-4": "Skipped awaiting_review"
    })
  })

  it("the reasons `assigned` and `running` come before those of the bug's history", () => {
    const used = { unsettled: new Set(["bd-1"]), history: withHistory({ failures: 1, notBefore: NOW + 1 }) }
    assert.match(resultOf(used, { id: "bd-1", assignee: "somebody" }), /^assigned/)
    assert.match(resultOf({ ...used, running: new Set(["bd-1"]) }), /^running/)
  })

  it("a bug whose attempts are used up takes no dispatch slot, and its duplicate is chosen", () => {
    const { chosen, skipped } = planned(
      [
        { id: "bd-1", title: "same", priority: 0 },
        { id: "bd-2", title: "same" }
      ],
      {
        history: ({ id }) => withHistory(id === "bd-1" ? { failures: 3 } : {})(),
        set: { limits: { maxDispatches: 1 } }
      }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-2"])
    assert.deepStrictEqual(outcomesByBug(skipped), { "bd-1": "Skipped attempts_used_up" })
  })

  it("skips every bug while maxParallel jobs run", () => {
    const { chosen, skipped } = planned([{ id: "bd-1" }], { running: new Set(["bd-8", "bd-9"]) })
    assert.strictEqual(chosen.length, 0)
    assert.strictEqual(skipped[0]?.reason, "no_capacity")
  })

  const anyIssue = FastCheck.record({
    id: FastCheck.integer({ min: 0, max: 30 }).map((n) => `bd-${n}`),
    title: FastCheck.string(),
    description: FastCheck.string({ unit: "binary" }),
    priority: FastCheck.integer({ min: 0, max: 4 }),
    status: FastCheck.constantFrom("open", "closed", "in_progress", "hooked"),
    createdAt: FastCheck.integer({ min: 0, max: 3 })
  })
  const unique = FastCheck.uniqueArray(anyIssue, { selector: ({ id }) => id, maxLength: 25 })

  it("every bug is chosen or skipped exactly once, and the order of the input changes nothing", () => {
    FastCheck.assert(
      FastCheck.property(unique, FastCheck.nat(), (issues, seed) => {
        const inOrder = planned(issues)
        const rotated = [...issues.slice(seed % (issues.length || 1)), ...issues.slice(0, seed % (issues.length || 1))]
        const inOtherOrder = planned(rotated)
        assert.deepStrictEqual(ids(inOrder.chosen), ids(inOtherOrder.chosen))
        assert.deepStrictEqual(outcomesByBug(inOrder.skipped), outcomesByBug(inOtherOrder.skipped))
        const accounted = [...ids(inOrder.chosen), ...inOrder.skipped.map(({ beads }) => beads)]
        assert.deepStrictEqual(accounted.toSorted(), issues.map(({ id }) => id).toSorted())
      })
    )
  })
})
