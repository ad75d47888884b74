import { assert, describe, it } from "@effect/vitest"
import { ackOf, AttemptEnd } from "../../../src/domain/Attempt.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { providerResults } from "../../../src/domain/ProviderResult.ts"
import { endedJobOf, factsOf } from "../../../src/journal/facts.ts"
import { resultsOfJobs } from "../../../src/report/needs/results.ts"
import { fakeAttempt } from "../../../src/testing/index.ts"

describe("the ends of providers' jobs", () => {
  it("are the same from what is shown of attempts as from their records", () => {
    const ack = ackOf(fakeAttempt("acknowledged"))
    const withJob = ack === undefined ? {} : { ack }
    const ends = AttemptEnd.literals.flatMap((end, number) =>
      (["issue", "provider", "host", undefined] as const).map((blame, index) =>
        fakeAttempt(index === 0 ? "ending" : "settled", {
          actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-000001/${number * 4 + index + 1}`),
          ...(index === 2 && number === 0 ? {} : withJob),
          updatedAt: 1000 - number * 10 - index,
          end,
          blame,
          detail: `${end} ${blame}`,
          ...(blame === "provider" ? { freeAt: 9_000_000 + number } : {}),
          ...(number === 1 ? { probe: true as const } : {})
        })
      )
    )
    const attempts = [
      ...ends,
      fakeAttempt("acknowledged"),
      fakeAttempt("settled", { ...withJob, updatedAt: 90_000_000 })
    ]
    const jobs = attempts.flatMap((attempt) => endedJobOf(factsOf(attempt)) ?? [])
    const expected = providerResults(attempts, 5000)
    assert.isNotEmpty([...expected.values()].flat())
    assert.deepStrictEqual(resultsOfJobs(jobs, 5000), expected)
  })
})
