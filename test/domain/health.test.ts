import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import type { Attempt, AttemptEnd } from "../../src/domain/Attempt.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { byHealth, probations } from "../../src/domain/Health.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { Provider, ProviderName, type ProviderChain } from "../../src/domain/Provider.ts"

const HOUR = 3_600_000
const NOW = 1_000 * HOUR
const run = RunId.make("20261122T030000Z-4f2a91")
const opencode = ProviderName.make("opencode")
const gemini = ProviderName.make("gemini")

let n = 0
/** A job for this bug that ended so many hours ago. */
const job = (
  bug: number,
  end: AttemptEnd,
  hoursAgo: number,
  { provider = opencode, ...changes }: FakeAttempt = {}
): Attempt => {
  const beads = BeadsId.make(`bd-${bug}`)
  n++
  return fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/${n}`),
    run,
    beads,
    number: n,
    end,
    detail: `bd-${bug}: ${end}`,
    provider,
    ack: Ack.make({ beads, provider, how: "started" }),
    createdAt: NOW - (hoursAgo + 1) * HOUR,
    updatedAt: NOW - hoursAgo * HOUR,
    ...changes
  })
}

const onProbation = (attempts: ReadonlyArray<Attempt>, now = NOW) => [...probations(attempts, now).keys()]

describe("probations", () => {
  it("three bugs that came to nothing in one night: failed, hung, or nothing changed", () => {
    const attempts = [job(1, "failed", 6), job(2, "stalled", 4), job(3, "no_op", 2)]
    const found = probations(attempts, NOW).get(opencode)
    assert.strictEqual(found?.failures, 3)
    assert.strictEqual(found?.latest, "bd-3: no_op")
    assert.deepStrictEqual(onProbation(attempts.slice(1)), [])
  })

  it("two bugs are not enough, even in the same millisecond", () => {
    assert.deepStrictEqual(onProbation([job(1, "failed", 0), job(2, "failed", 0)]), [])
    assert.deepStrictEqual(onProbation([job(1, "failed", 0), job(2, "failed", 0), job(3, "failed", 0)]), [opencode])
  })

  it("one bug that nobody can solve is no provider's fault, however often it is tried", () => {
    assert.deepStrictEqual(onProbation([1, 2, 3, 4, 5].map((hours) => job(1, "failed", hours))), [])
    assert.deepStrictEqual(
      onProbation([job(1, "failed", 5), job(1, "failed", 4), job(2, "failed", 3), job(3, "failed", 2)]),
      [opencode]
    )
  })

  it("says nothing of jobs that were lost, of attempts without a job, and of those that are not over", () => {
    const told = [
      [1, 2, 3].map((bug) => job(bug, "lost", 1)),
      [1, 2, 3].map((bug) =>
        fakeAttempt("settled", { number: bug, beads: BeadsId.make(`bd-${bug}`), updatedAt: NOW - HOUR })
      ),
      [1, 2, 3].map((bug) =>
        fakeAttempt("acknowledged", { number: bug, beads: BeadsId.make(`bd-${bug}`), updatedAt: NOW - HOUR })
      )
    ]
    for (const attempts of told) assert.deepStrictEqual(onProbation(attempts), [])
  })

  it("one good job ends it, in whatever order the journal tells of them", () => {
    const bad = [job(1, "failed", 6), job(2, "failed", 5), job(3, "failed", 4)]
    assert.deepStrictEqual(onProbation(bad), [opencode])
    assert.deepStrictEqual(onProbation([job(4, "succeeded", 2), ...bad]), [])
    assert.deepStrictEqual(onProbation([job(4, "succeeded", 9), ...bad]), [opencode])
    assert.deepStrictEqual(onProbation([...bad, job(3, "succeeded", 2)]), [])
  })

  it("is each provider's own", () => {
    const bad = [1, 2, 3].map((bug) => job(bug, "failed", bug))
    assert.deepStrictEqual(onProbation([...bad, job(4, "succeeded", 0, { provider: gemini })]), [opencode])
  })

  it("fades: it is over at the moment it names, and one more failure brings it back", () => {
    const bad = [1, 2, 3].map((bug) => job(bug, "failed", 0))
    const until = probations(bad, NOW).get(opencode)?.until ?? 0
    assert.closeTo((until - NOW) / HOUR, 28.1, 0.1)
    assert.deepStrictEqual(onProbation(bad, until - 1000), [opencode])
    assert.deepStrictEqual(onProbation(bad, until + 1000), [])
    const again = job(4, "failed", 0, { updatedAt: until })
    assert.deepStrictEqual(onProbation([...bad, again], until + 1000), [opencode])
  })

  it("a clock that was set back makes no failure weigh more", () => {
    assert.deepStrictEqual(onProbation([job(1, "failed", -100), job(2, "failed", 100)]), [])
  })
})

describe("byHealth", () => {
  const names = FastCheck.uniqueArray(FastCheck.constantFrom("opencode", "cc-glm", "gemini", "a", "b"), {
    minLength: 1
  })

  it("is the same chain, first those that are well and then those on probation, each in their order", () => {
    FastCheck.assert(
      FastCheck.property(names, FastCheck.subarray(["opencode", "cc-glm", "gemini", "a", "b"]), (all, failing) => {
        const [first = "a", ...rest] = all
        const chain: ProviderChain = [named(first), ...rest.map(named)]
        const probation = new Map(
          failing.map((name) => {
            const provider = ProviderName.make(name)
            return [provider, { provider, failures: 3, until: 0, latest: "" }] as const
          })
        )
        const expected = [
          ...all.filter((name) => !failing.includes(name)),
          ...all.filter((name) => failing.includes(name))
        ]
        assert.deepStrictEqual(
          byHealth(chain, probation).map(({ name }) => String(name)),
          expected
        )
      }),
      { seed: 7, numRuns: 200 }
    )
  })
})

const named = (name: string) => Provider.make({ name: ProviderName.make(name) })
