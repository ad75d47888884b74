import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import type { Attempt, AttemptEnd } from "../../src/domain/Attempt.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { byHealth, probations as probationsOf } from "../../src/domain/Health.ts"
import { providerResults } from "../../src/domain/ProviderResult.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { Provider, ProviderName, type ProviderChain } from "../../src/domain/Provider.ts"

const HOUR = 3_600_000
const NOW = 1_000 * HOUR
const run = RunId.make("20261122T030000Z-4f2a91")
const opencode = ProviderName.make("opencode")
const gemini = ProviderName.make("gemini")

let jobs = 0
/** An attempt at this bug whose job ended so many hours ago. */
const job = (
  bug: number,
  end: AttemptEnd,
  hoursAgo: number,
  { provider = opencode, ...changes }: FakeAttempt = {}
): Attempt => {
  const beads = BeadsId.make(`bd-${bug}`)
  jobs++
  return fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/${jobs}`),
    run,
    beads,
    number: jobs,
    end,
    detail: `bd-${bug}: ${end}`,
    provider,
    ack: Ack.make({ beads, provider, how: "started" }),
    createdAt: NOW - (hoursAgo + 1) * HOUR,
    updatedAt: NOW - hoursAgo * HOUR,
    ...changes
  })
}

const probations = (attempts: ReadonlyArray<Attempt>, now: number) => probationsOf(providerResults(attempts, now), now)
const onProbation = (attempts: ReadonlyArray<Attempt>, now = NOW) => [...probations(attempts, now).keys()]

describe("probations", () => {
  it("jobs for three bugs that failed, hung or changed nothing put the provider on probation", () => {
    const attempts = [job(1, "failed", 6), job(2, "stalled", 4), job(3, "no_op", 2)]
    const found = probations(attempts, NOW).get(opencode)
    assert.strictEqual(found?.failures, 3)
    assert.strictEqual(found?.latest, "bd-3: no_op")
    assert.deepStrictEqual(onProbation(attempts.slice(1)), [])
    assert.deepStrictEqual(onProbation(attempts, NOW - 24 * HOUR), [], "their times have not come yet")
  })

  it("two bugs put no provider on probation, even if both failed in the same millisecond", () => {
    assert.deepStrictEqual(onProbation([job(1, "failed", 0), job(2, "failed", 0)]), [])
    assert.deepStrictEqual(onProbation([job(1, "failed", 0), job(2, "failed", 0), job(3, "failed", 0)]), [opencode])
  })

  it("one bug that fails again and again puts no provider on probation", () => {
    assert.deepStrictEqual(onProbation([1, 2, 3, 4, 5].map((hours) => job(1, "failed", hours))), [])
    assert.deepStrictEqual(
      onProbation([job(1, "failed", 5), job(1, "failed", 4), job(2, "failed", 3), job(3, "failed", 2)]),
      [opencode]
    )
  })

  it("lost jobs, attempts without a job and open attempts do not count", () => {
    const ignored = [
      [1, 2, 3].map((bug) => job(bug, "lost", 1)),
      [1, 2, 3].map((bug) =>
        fakeAttempt("settled", { number: bug, beads: BeadsId.make(`bd-${bug}`), updatedAt: NOW - HOUR })
      ),
      [1, 2, 3].map((bug) =>
        fakeAttempt("acknowledged", { number: bug, beads: BeadsId.make(`bd-${bug}`), updatedAt: NOW - HOUR })
      )
    ]
    for (const attempts of ignored) assert.deepStrictEqual(onProbation(attempts), [])
  })

  it("one later job that succeeds ends the probation, in any order of the journal's rows", () => {
    const bad = [job(1, "failed", 6), job(2, "failed", 5), job(3, "failed", 4)]
    assert.deepStrictEqual(onProbation(bad), [opencode])
    assert.deepStrictEqual(onProbation([job(4, "succeeded", 2), ...bad]), [])
    assert.deepStrictEqual(onProbation([job(4, "succeeded", 9), ...bad]), [opencode])
    assert.deepStrictEqual(onProbation([...bad, job(3, "succeeded", 2)]), [])
  })

  it("a success of another provider does not end the probation", () => {
    const bad = [1, 2, 3].map((bug) => job(bug, "failed", bug))
    assert.deepStrictEqual(onProbation([...bad, job(4, "succeeded", 0, { provider: gemini })]), [opencode])
  })

  it("ends by itself at `until`, and one more failure brings it back", () => {
    const bad = [1, 2, 3].map((bug) => job(bug, "failed", 0))
    const until = probations(bad, NOW).get(opencode)?.until ?? 0
    assert.closeTo((until - NOW) / HOUR, 28.1, 0.1)
    assert.deepStrictEqual(onProbation(bad, until - 1000), [opencode])
    assert.deepStrictEqual(onProbation(bad, until + 1000), [])
    const again = job(4, "failed", 0, { updatedAt: until })
    assert.deepStrictEqual(onProbation([...bad, again], until + 1000), [opencode])
  })

  it("a failure with a time in the future weighs no more than one of now", () => {
    assert.deepStrictEqual(onProbation([job(1, "failed", -100), job(2, "failed", 100)]), [])
  })
})

describe("byHealth", () => {
  const names = FastCheck.uniqueArray(FastCheck.constantFrom("opencode", "cc-glm", "gemini", "a", "b"), {
    minLength: 1
  })

  it("keeps every provider and the order, but moves those on probation to the end", () => {
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
