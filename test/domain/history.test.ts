import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { AttemptEnd, type Attempt, type AttemptPhase } from "../../src/domain/Attempt.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { Blame } from "../../src/domain/Blame.ts"
import { historyOf } from "../../src/domain/History.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"

const HOUR = 3_600_000
const run = RunId.make("20261122T030000Z-4f2a91")

const attempt = (number: number, changes: FakeAttempt & { readonly phase?: AttemptPhase } = {}): Attempt => {
  const { phase = "settled", ...others } = changes
  return fakeAttempt(phase, {
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/${number}`),
    run,
    number,
    digest: "d",
    createdAt: number * 10,
    updatedAt: number * 10 + 5,
    ...others
  })
}

const failedAttempts = (count: number) => Array.from({ length: count }, (_, index) => attempt(index + 1))

describe("historyOf", () => {
  it("a bug without attempts does not wait", () => {
    assert.deepStrictEqual(historyOf([], "d"), { failures: 0, notBefore: 0, unreviewed: undefined, earlier: [] })
  })

  it("a bug waits 1, 2, 4, 8, 16 and then 24 hours from the end of the last failure", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
      const { failures, notBefore } = historyOf(failedAttempts(count), "d")
      assert.strictEqual(failures, count)
      return (notBefore - (count * 10 + 5)) / HOUR
    })
    assert.deepStrictEqual(waits, [1, 2, 4, 8, 16, 24, 24, 24])
    const [failed] = failedAttempts(1)
    assert.strictEqual(
      historyOf(Array(1_100).fill(failed), "d").notBefore,
      15 + 24 * HOUR,
      "1,100 doublings would exceed a number"
    )
  })

  it("counts only failures with the blame `issue`", () => {
    for (const blame of [...Blame.literals, undefined]) {
      const { failures, notBefore } = historyOf([attempt(1, { blame })], "d")
      assert.deepStrictEqual([failures, notBefore > 0], blame === "issue" ? [1, true] : [0, false], blame)
    }
  })

  it("a failed job of a provider on probation makes the bug wait, but uses up no attempt", () => {
    const probe = (n: number) => attempt(n, { probe: true })
    assert.deepInclude(historyOf([probe(1)], "d"), { failures: 0, notBefore: 15 + HOUR })
    assert.deepInclude(historyOf([attempt(1), probe(2), probe(3)], "d"), { failures: 1, notBefore: 35 + 4 * HOUR })
  })

  it("counts an attempt once it is settled, with any end", () => {
    for (const end of AttemptEnd.literals) assert.strictEqual(historyOf([attempt(1, { end })], "d").failures, 1, end)
    for (const phase of ["intended", "starting", "acknowledged", "ending"] as const)
      assert.strictEqual(historyOf([attempt(1, { phase })], "d").failures, 0, phase)
  })

  it("counts only attempts at the same description", () => {
    const attempts = [attempt(1), attempt(2, { digest: "other" }), attempt(3)]
    assert.strictEqual(historyOf(attempts, "d").failures, 2)
    assert.strictEqual(historyOf(attempts, "d").notBefore, 35 + 2 * HOUR)
    assert.strictEqual(historyOf(attempts, "other").failures, 1)
    assert.deepInclude(historyOf(attempts, "new"), { failures: 0, notBefore: 0 })
  })

  it("a failure with another blame neither counts nor prolongs the wait", () => {
    const foreign = (n: number) => attempt(n, { blame: "provider" })
    const { failures, notBefore } = historyOf([foreign(1), attempt(2), foreign(3), attempt(4), foreign(5)], "d")
    assert.deepStrictEqual([failures, notBefore], [2, 45 + 2 * HOUR])
  })

  it("for any attempts: only blame `issue` and the same description count, and more failures never shorten the wait", () => {
    const any = FastCheck.array(
      FastCheck.record({
        blame: FastCheck.constantFrom(...Blame.literals, undefined),
        digest: FastCheck.constantFrom("d", "e"),
        end: FastCheck.constantFrom(...AttemptEnd.literals),
        phase: FastCheck.constantFrom("settled" as const, "acknowledged" as const, "intended" as const)
      }),
      { maxLength: 12 }
    ).map((all) => all.map((changes, index) => attempt(index + 1, changes)))
    FastCheck.assert(
      FastCheck.property(any, (attempts) => {
        const counted = attempts.filter(
          (entry) => entry.phase === "settled" && entry.blame === "issue" && entry.digest === "d"
        )
        const history = historyOf(attempts, "d")
        assert.strictEqual(history.failures, counted.length)
        assert.deepStrictEqual(
          [history.failures, history.notBefore],
          [historyOf(counted, "d").failures, historyOf(counted, "d").notBefore]
        )
        const more = historyOf([...attempts, attempt(attempts.length + 1)], "d")
        assert.isAbove(more.notBefore, history.notBefore)
        assert.isAtMost(more.notBefore - (attempts.length * 10 + 15), 24 * HOUR)
        assert.deepStrictEqual(historyOf(attempts, "d"), history, "the same input gives the same history")
      })
    )
  })

  it("names the work that waits for review if only the journal has marked it", () => {
    const inReview = { end: "succeeded", blame: undefined, review: "journal", detail: "2 commits in /w" } as const
    assert.strictEqual(historyOf([attempt(1), attempt(2, inReview)], "d").unreviewed, "2 commits in /w")
    for (const notInReview of [
      [attempt(1, { ...inReview, review: "label" })],
      [attempt(1, { ...inReview, review: undefined })],
      [attempt(1, { ...inReview, digest: "before" })],
      [attempt(1, { ...inReview, end: "no_op" })]
    ])
      assert.isUndefined(historyOf(notInReview, "d").unreviewed)
  })

  it("lists the results of settled attempts at any description, oldest first", () => {
    const { earlier } = historyOf(
      [
        attempt(1, {
          digest: "before",
          provider: ProviderName.make("opencode"),
          workspace: new Workspace({ path: "/w", branch: "fix/bd-1", reused: false })
        }),
        attempt(2, { end: "lost", blame: "host", detail: "cut short" }),
        attempt(3, { phase: "acknowledged" })
      ],
      "d"
    )
    assert.deepStrictEqual(earlier, [
      "attempt 1 by opencode: failed; the job failed; its branch was fix/bd-1",
      "attempt 2: lost; cut short"
    ])
  })
})
