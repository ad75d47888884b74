import { assert, describe, it } from "@effect/vitest"
import { NEVER_TRIED, type BugHistory } from "../../../src/domain/History.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import type { FakeBeads } from "../../../src/testing/index.ts"
import { outcomesByBug } from "../support.ts"
import { ids, NOW, planned } from "./support.ts"

describe("plan: the history of a bug", () => {
  const withHistory = (history: Partial<BugHistory>) => () => ({ ...NEVER_TRIED, ...history })
  const resultOf = (input: Parameters<typeof planned>[1], bug: FakeBeads.FakeIssue = { id: "bd-1" }) => {
    const { chosen, skipped } = planned([bug], input)
    return chosen.length > 0 ? "chosen" : skipped.map(({ detail, reason }) => `${reason}: ${detail}`).join()
  }

  it("skips a bug with an open attempt, and counts the attempt as a running job", () => {
    assert.strictEqual(resultOf({ unsettled: new Set(["bd-1"]) }), "unsettled: an earlier attempt is not over")
    assert.strictEqual(resultOf({ unsettled: new Set(["bd-7"]) }), "chosen")
    const jobs = { unsettled: new Set(["bd-7", "bd-8"]), running: new Set(["bd-8"]) }
    assert.strictEqual(resultOf(jobs), "no_capacity: jobs that run, or may: 2; limits.maxParallel is 2")
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
    const untilChanged =
      "it is tried again when its description or acceptance criteria change, or after: nightly-dispatch retry bd-1"
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

  it("a bug whose provider may be at fault is undecided, and names it", () => {
    const suspects = new Set([ProviderName.make("opencode"), ProviderName.make("gemini")])
    assert.strictEqual(
      resultOf({ history: withHistory({ failures: 3, suspects }) }),
      "undecided: 3 attempts failed, but opencode and gemini may be at fault; it is tried again when its description or acceptance criteria change, or after: nightly-dispatch retry bd-1"
    )
    assert.strictEqual(resultOf({ history: withHistory({ failures: 2, suspects }) }), "chosen")
  })

  it("a bug whose tries never got a job is behind the others of its priority", () => {
    const history = ({ id }: { readonly id: string }) => withHistory(id === "bd-1" ? { tries: 2 } : {})()
    const bugs = [
      { id: "bd-1", title: "a", createdAt: 1 },
      { id: "bd-2", title: "b", createdAt: 2 },
      { id: "bd-3", title: "c", createdAt: 3, priority: 0 }
    ]
    assert.deepStrictEqual(ids(planned(bugs, { history, set: { intake: { maxPriority: 1 } } }).chosen), [
      "bd-3",
      "bd-2",
      "bd-1"
    ])
  })

  describe("if every bug is on hold", () => {
    const HOUR = 3_600_000
    const opencode = ProviderName.make("opencode")
    const held = (latest: number, probes = 0) => ({
      ...withHistory({ failures: 3, suspects: new Set([opencode]), latest, probes })()
    })
    const bugs = [
      { id: "bd-1", title: "a" },
      { id: "bd-2", title: "b" }
    ]
    const tried = (input: Parameters<typeof planned>[1], issues: ReadonlyArray<FakeBeads.FakeIssue> = bugs) => {
      const { chosen, probe, skipped } = planned(issues, { doubtful: new Set([opencode]), now: 100 * HOUR, ...input })
      assert.strictEqual(chosen.length + skipped.length, issues.length, "each bug has one result")
      if (probe !== undefined) assert.deepStrictEqual(ids(chosen), [probe])
      return probe
    }
    const history =
      (first: number, second: number) =>
      ({ id }: { readonly id: string }) =>
        held((id === "bd-1" ? first : second) * HOUR)

    it("the one that has waited longest is tried, 12 hours after the latest job of any of them", () => {
      assert.strictEqual(tried({ history: history(88, 80) }), "bd-2")
      assert.strictEqual(tried({ history: history(80, 88) }), "bd-1")
      assert.isUndefined(tried({ history: history(89, 80) }))
    })

    it("the time doubles with each time that the bug was tried so", () => {
      assert.isUndefined(tried({ history: () => held(77 * HOUR, 1) }))
      assert.isDefined(tried({ history: () => held(76 * HOUR, 1) }))
    })

    it("none is tried while a job runs, while another bug may be chosen, or if its provider works for others", () => {
      assert.isUndefined(tried({ history: history(80, 80), running: new Set(["bd-9"]) }))
      assert.isUndefined(tried({ history: history(80, 80), unsettled: new Set(["bd-9"]) }))
      assert.isUndefined(tried({ history: history(80, 80), doubtful: new Set() }))
      assert.isUndefined(
        tried({ history: ({ id }) => (id === "bd-1" ? held(80 * HOUR) : withHistory({})()) }),
        "bd-2 is chosen as usual"
      )
    })
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
    const used = { history: withHistory({ failures: 1, notBefore: NOW + 1 }) }
    assert.match(resultOf(used, { id: "bd-1", assignee: "somebody" }), /^assigned/)
    assert.match(resultOf({ ...used, running: new Set(["bd-1"]) }), /^running/)
  })

  it("a bug whose attempt is open is `unsettled` or `running`, and no person is told to free its claim", () => {
    const open = { unsettled: new Set(["bd-1"]) }
    const assigned = { id: "bd-1", assignee: "nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1" }
    assert.match(resultOf(open, assigned), /^unsettled/)
    assert.match(resultOf({ ...open, running: new Set(["bd-1"]) }, assigned), /^running/)
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
})
