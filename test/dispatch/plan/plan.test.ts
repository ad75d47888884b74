import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { plan, type PlanInput } from "../../../src/dispatch/plan/plan.ts"
import { historyOf, type BugHistory } from "../../../src/domain/History.ts"
import { signature } from "../../../src/dispatch/plan/signature.ts"
import { Intake, MalformedIssue } from "../../../src/domain/Issue.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { FakeBeads } from "../../../src/testing/index.ts"
import { settings, tags } from "../support.ts"

const { issue } = FakeBeads
const NOW = 1_000_000

const planned = (
  issues: ReadonlyArray<FakeBeads.FakeIssue>,
  more: Partial<PlanInput> & { set?: Record<string, unknown> } = {}
) =>
  plan({
    intake: new Intake({ issues: issues.map(issue), malformed: [] }),
    settings: settings(more.set),
    running: new Set(),
    unsettled: new Set(),
    underWay: [],
    history: () => historyOf([], ""),
    promptRefusal: () => undefined,
    now: NOW,
    ...more
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

  it("gives every bug it leaves alone a reason", () => {
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
    assert.deepStrictEqual(tags(skipped), {
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

  it("skips a malformed record with a reason, and the others go on", () => {
    const intake = new Intake({
      issues: [issue({ id: "bd-1" })],
      malformed: [new MalformedIssue({ label: "#2", problem: "no id" })]
    })
    const { chosen, skipped } = planned([], { intake })
    assert.deepStrictEqual(ids(chosen), ["bd-1"])
    assert.deepStrictEqual(tags(skipped), { "#2": "Skipped malformed" })
  })

  it("calls two reports of one error a duplicate, and keeps the more urgent", () => {
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

  it("a copy of a bug that is worked on, or whose work waits for review, waits; one of a bug that nobody works on does not", () => {
    const copy = { id: "bd-9", title: "crash on load", priority: 0 }
    const original = { id: "bd-1", title: "Crash  on load", priority: 1 }
    const elsewhere = { underWay: [issue({ ...original, status: "in_progress", assignee: "nightly-dispatch/vm/1/1" })] }
    const first = (fake: FakeBeads.FakeIssue, more: Parameters<typeof planned>[1] = {}) => {
      const { chosen, skipped } = planned([fake, copy], more)
      const told = skipped.find(({ beads }) => beads === copy.id)
      return told === undefined ? ids(chosen).join() : `${told.reason}: ${told.detail}`
    }
    const other = { id: "bd-5", title: "another", assignee: "somebody" }
    const worked = "duplicate: same error as bd-1, which is being worked on"
    assert.strictEqual(first(other, { ...elsewhere, running: new Set(["bd-1"]) }), worked)
    assert.strictEqual(first(other, { ...elsewhere, unsettled: new Set(["bd-1"]) }), worked)
    assert.strictEqual(first(original, { running: new Set(["bd-1"]) }), worked)
    assert.strictEqual(first(original, { unsettled: new Set(["bd-1"]) }), worked)
    const review = "duplicate: same error as bd-1, whose work waits for review"
    assert.strictEqual(first({ ...original, labels: [REVIEW_LABEL] }), review)
    const unreviewed = (told: { readonly id: string }): BugHistory => ({
      ...historyOf([], ""),
      unreviewed: told.id === "bd-1" ? "its work waits" : undefined
    })
    assert.strictEqual(first(original, { history: unreviewed }), review)
    assert.strictEqual(first(other), "bd-9")
    assert.strictEqual(first({ ...original, blockedBy: ["bd-x"] }), "bd-9")
    assert.strictEqual(first({ ...original, assignee: "somebody" }), "bd-9")
    const waits = (told: { readonly id: string }): BugHistory => ({
      ...historyOf([], ""),
      ...(told.id === "bd-1" ? { failures: 1, notBefore: NOW + 1 } : {})
    })
    assert.strictEqual(first(original, { history: waits }), "bd-9", "another report may say more than the first")
  })

  it("does not call bugs with one short message and different frames duplicates", () => {
    const one = issue({ id: "bd-1", description: "Error: boom\n    at a (a.js:1:1)" })
    const two = issue({ id: "bd-2", description: "Error: boom\n    at b (b.js:1:1)" })
    assert.notStrictEqual(signature(one), signature(two))
  })

  it("dispatches at most maxDispatches, and one under overload", () => {
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

  const held = (told: Partial<BugHistory>) => () => ({ ...historyOf([], ""), ...told })
  const one = (more: Parameters<typeof planned>[1], bug: FakeBeads.FakeIssue = { id: "bd-1" }) => {
    const { chosen, skipped } = planned([bug], more)
    return chosen.length > 0 ? "chosen" : skipped.map(({ detail, reason }) => `${reason}: ${detail}`).join()
  }

  it("leaves a bug alone whose earlier attempt is not over, and counts it as a job that may run", () => {
    assert.strictEqual(one({ unsettled: new Set(["bd-1"]) }), "unsettled: an earlier attempt is not over")
    assert.strictEqual(one({ unsettled: new Set(["bd-7"]) }), "chosen")
    const jobs = { unsettled: new Set(["bd-7", "bd-8"]), running: new Set(["bd-8"]) }
    assert.strictEqual(one(jobs), "no_capacity: jobs that run, or may: 2, at most 2 at once")
    assert.strictEqual(one({ ...jobs, unsettled: new Set(["bd-8"]) }), "chosen", "one job, whoever knows of it")
  })

  it("leaves a bug alone whose work waits for review, by the tracker's label or by the journal's word", () => {
    assert.strictEqual(
      one({}, { id: "bd-1", labels: ["ui", REVIEW_LABEL] }),
      `awaiting_review: its work waits for review (label ${REVIEW_LABEL})`
    )
    assert.strictEqual(one({}, { id: "bd-1", labels: ["ui", `${REVIEW_LABEL}ed`] }), "chosen")
    assert.strictEqual(one({ history: held({ unreviewed: "2 commits in /w" }) }), "awaiting_review: 2 commits in /w")
  })

  it("leaves a bug alone after maxAttempts failures, however long ago they were", () => {
    const set = { limits: { maxAttempts: 2 } }
    const told = "it is tried again when its description changes"
    assert.strictEqual(one({ set, history: held({ failures: 1 }) }), "chosen")
    assert.strictEqual(one({ set, history: held({ failures: 2 }) }), `attempts_used_up: 2 attempts failed; ${told}`)
    assert.strictEqual(
      one({ set, history: held({ failures: 3, notBefore: NOW + 1 }) }),
      `attempts_used_up: 3 attempts failed; ${told}`
    )
  })

  it("waits after a failure until the very moment the wait is over", () => {
    assert.strictEqual(
      one({ history: held({ failures: 1, notBefore: NOW + 1 }) }),
      "backing_off: not before 1970-01-01T00:16:40.001Z; 1 of 3 attempts used"
    )
    assert.strictEqual(one({ history: held({ failures: 1, notBefore: NOW }) }), "chosen")
  })

  it("waits for no failure that a clock had put into next year", () => {
    const HOUR = 3_600_000
    assert.match(one({ history: held({ failures: 1, notBefore: NOW + 24 * HOUR }) }), /^backing_off/)
    assert.strictEqual(one({ history: held({ failures: 1, notBefore: NOW + 9_000 * HOUR }) }), "chosen")
  })

  it("asks of each bug for itself, and goes on to the next", () => {
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
          held(id === "bd-1" ? { failures: 3 } : id === "bd-2" ? { failures: 1, notBefore: NOW + 1 } : {})()
      }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-5"])
    assert.deepStrictEqual(tags(skipped), {
      "bd-1": "Skipped attempts_used_up",
      "bd-2": "Skipped backing_off",
      "bd-3": "Skipped unsettled",
      "bd-4": "Skipped awaiting_review"
    })
  })

  it("says first why a bug cannot be worked on at all, and only then what its history is", () => {
    const used = { unsettled: new Set(["bd-1"]), history: held({ failures: 1, notBefore: NOW + 1 }) }
    assert.match(one(used, { id: "bd-1", assignee: "somebody" }), /^assigned/)
    assert.match(one({ ...used, running: new Set(["bd-1"]) }), /^running/)
  })

  it("a bug that is held back takes no other's place: its twin is dispatched, and the limit is for those that remain", () => {
    const { chosen, skipped } = planned(
      [
        { id: "bd-1", title: "same", priority: 0 },
        { id: "bd-2", title: "same" }
      ],
      { history: ({ id }) => held(id === "bd-1" ? { failures: 3 } : {})(), set: { limits: { maxDispatches: 1 } } }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-2"])
    assert.deepStrictEqual(tags(skipped), { "bd-1": "Skipped attempts_used_up" })
  })

  it("starts nothing while as many jobs run as may", () => {
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

  it("tells of every bug exactly once, whatever comes in, and in the same way whatever the order", () => {
    FastCheck.assert(
      FastCheck.property(unique, FastCheck.nat(), (issues, seed) => {
        const one = planned(issues)
        const rotated = [...issues.slice(seed % (issues.length || 1)), ...issues.slice(0, seed % (issues.length || 1))]
        const two = planned(rotated)
        assert.deepStrictEqual(ids(one.chosen), ids(two.chosen))
        assert.deepStrictEqual(tags(one.skipped), tags(two.skipped))
        const told = [...ids(one.chosen), ...one.skipped.map(({ beads }) => beads)]
        assert.deepStrictEqual(told.toSorted(), issues.map(({ id }) => id).toSorted())
      })
    )
  })
})
