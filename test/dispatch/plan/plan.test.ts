import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { Intake, MalformedIssue } from "../../../src/domain/Issue.ts"
import { outcomesByBug } from "../support.ts"
import { ids, issue, NOW, planned } from "./support.ts"
import { codePoint } from "../../codePoint.ts"

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

  it("of 20,000 bugs only the prompts of the chosen ones are asked for, and of refused ones before them", () => {
    // In letters: of two titles that differ only in a number, one is a copy.
    const inLetters = (n: number) => String(n).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "")
    const many = Array.from({ length: 20_000 }, (_, n) => ({ id: `bd-${n}`, title: inLetters(n), createdAt: n }))
    const asked: Array<string> = []
    const promptRefusal = ({ id }: { readonly id: string }) => {
      asked.push(id)
      return id === "bd-1" ? "names a secret" : undefined
    }
    const set = { limits: { maxDispatches: 3, overloadThreshold: 100_000 } }
    const { chosen, skipped } = planned(many, { set, promptRefusal })
    assert.deepStrictEqual(ids(chosen), ["bd-0", "bd-2", "bd-3"])
    assert.deepStrictEqual(asked, ["bd-0", "bd-1", "bd-2", "bd-3"])
    assert.deepStrictEqual([skipped.length, skipped[0]?.reason], [19_997, "prompt_refused"])
    assert.isTrue(skipped.slice(1).every(({ reason }) => reason === "limit"))
  })

  it("without a free place no prompt is asked for", () => {
    const promptRefusal = () => assert.fail("asked")
    const { skipped } = planned([{ id: "bd-a" }], { promptRefusal, busy: "load 9" })
    assert.strictEqual(skipped[0]?.reason, "host_busy")
  })

  it("a copy of a refused bug is asked for itself", () => {
    const { chosen } = planned(
      [
        { id: "bd-a", title: "boom" },
        { id: "bd-b", title: "boom" }
      ],
      {
        promptRefusal: ({ id }) => (id === "bd-a" ? "names a secret" : undefined)
      }
    )
    assert.deepStrictEqual(ids(chosen), ["bd-b"])
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

  it("skips every bug while maxParallel jobs run", () => {
    const { chosen, skipped } = planned([{ id: "bd-1" }], { running: new Set(["bd-8", "bd-9"]) })
    assert.strictEqual(chosen.length, 0)
    assert.strictEqual(skipped[0]?.reason, "no_capacity")
  })

  const anyIssue = FastCheck.record({
    id: FastCheck.integer({ min: 0, max: 30 }).map((n) => `bd-${n}`),
    title: FastCheck.string(),
    description: FastCheck.string({ unit: codePoint }),
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
