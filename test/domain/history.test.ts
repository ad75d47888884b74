import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { AttemptEnd, type Attempt, type AttemptPhase } from "../../src/domain/Attempt.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { Blame } from "../../src/domain/Blame.ts"
import { earlierJobs, historyOf as historyWith, NEVER_TRIED } from "../../src/domain/History.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"

const HOUR = 3_600_000
const run = RunId.make("20261122T030000Z-4f2a91")

type Changes = FakeAttempt & { readonly phase?: AttemptPhase; readonly withJob?: boolean }

const opencode = ProviderName.make("opencode")

const attempt = (number: number, changes: Changes = {}): Attempt => {
  const { phase = "settled", withJob = true, ...others } = changes
  return fakeAttempt(phase, {
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/${number}`),
    run,
    number,
    digest: "d",
    createdAt: number * 10,
    updatedAt: number * 10 + 5,
    ...(withJob ? { ack: Ack.make({ beads: BeadsId.make("bd-1"), provider: opencode, how: "started" }) } : {}),
    ...others
  })
}

/** Without anything that other jobs of the providers say. */
const historyOf = (attempts: ReadonlyArray<Attempt>, digest: string) => historyWith(attempts, digest, new Map())

const failedAttempts = (count: number) => Array.from({ length: count }, (_, index) => attempt(index + 1))

describe("historyOf", () => {
  it("a bug without attempts does not wait", () => {
    assert.deepStrictEqual(historyOf([], "d"), NEVER_TRIED)
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

  it("an attempt at a bug on hold uses up nothing", () => {
    const probe = (n: number) => attempt(n, { probe: true })
    assert.deepInclude(historyOf([attempt(1), probe(2), probe(3)], "d"), { failures: 1, probes: 2, latest: 35 })
  })

  it("an attempt that never got a job uses up nothing; the bug waits if the fault was its own", () => {
    const without = (n: number, blame: Blame) => attempt(n, { withJob: false, blame })
    const { failures, notBefore, tries } = historyOf([attempt(1), without(2, "issue"), without(3, "issue")], "d")
    assert.deepStrictEqual([failures, tries, notBefore], [1, 2, 35 + HOUR])
    assert.strictEqual(historyOf([without(1, "issue")], "d").notBefore, 0, "the same may have happened to other bugs")
    const another = historyOf([without(1, "runner"), without(2, "host"), without(3, "provider")], "d")
    assert.deepStrictEqual([another.failures, another.tries, another.notBefore], [0, 3, 0])
    assert.strictEqual(historyOf([without(1, "issue"), attempt(2, { blame: "host" })], "d").tries, 0, "it got a job")
  })

  it("an attempt that a person has cleared counts no more", () => {
    const cleared = (n: number) => attempt(n, { cleared: true })
    assert.deepStrictEqual(historyOf([cleared(1), cleared(2)], "d"), NEVER_TRIED)
    assert.deepInclude(historyOf([cleared(1), cleared(2), attempt(3)], "d"), { failures: 1, notBefore: 35 + HOUR })
  })

  it("counts an attempt once it is settled, unless its end tells nothing of the bug", () => {
    const counted = AttemptEnd.literals.filter((end) => historyOf([attempt(1, { end })], "d").failures === 1)
    assert.deepStrictEqual(counted, ["failed", "no_op", "stalled", "unverified"])
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
        end: FastCheck.constantFrom("failed" as const, "no_op" as const, "stalled" as const),
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

  it("lists how the ended jobs ended, at any description, oldest first", () => {
    const earlier = earlierJobs([
      attempt(1, {
        digest: "before",
        workspace: new Workspace({ path: "/w", branch: "fix/bd-1", reused: false })
      }),
      attempt(2, { withJob: false, end: "failed", blame: "provider", detail: "no free slot" }),
      attempt(3, { end: "lost", blame: "host", detail: "cut short" }),
      attempt(4, { phase: "acknowledged" })
    ])
    assert.deepStrictEqual(earlier, [
      "attempt 1 by opencode: failed; the job failed; its branch was fix/bd-1",
      "attempt 2 by opencode: lost; cut short"
    ])
  })
})
