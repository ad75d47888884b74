import { assert, describe, it } from "@effect/vitest"
import { Ack } from "../../src/domain/Ack.ts"
import type { Attempt } from "../../src/domain/Attempt.ts"
import { chargesOf } from "../../src/domain/Charge.ts"
import { lineOf } from "../../src/domain/eventLine.ts"
import { problemIn } from "../../src/domain/exitCode.ts"
import { probations } from "../../src/domain/Health.ts"
import { historyOf } from "../../src/domain/History.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { jobEndOf } from "../../src/domain/JobEnd.ts"
import type { Needed } from "../../src/domain/Needed.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { isDoubtful, providerResults } from "../../src/domain/ProviderResult.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"

const HOUR = 3_600_000
const [opencode, gemini] = [ProviderName.make("opencode"), ProviderName.make("gemini")]
const needed = (kind: Needed["kind"]): Needed => ({ kind, next: "do this" })

const asked = (
  hour: number,
  changes: FakeAttempt & { readonly by?: ProviderName; readonly bug?: string } = {}
): Attempt => {
  const { bug = "bd-1", by = opencode, ...others } = changes
  const beads = BeadsId.make(bug)
  return fakeAttempt("settled", {
    beads,
    digest: "d",
    updatedAt: hour * HOUR,
    end: "needs_human",
    blame: undefined,
    needs: needed("permission"),
    detail: "it asks",
    ack: Ack.make({ beads, provider: by, how: "started" }),
    ...others
  })
}
const history = (...attempts: ReadonlyArray<Attempt>) =>
  historyOf(attempts, "d", providerResults(attempts, Number.MAX_SAFE_INTEGER))
const heldUntil = (...attempts: ReadonlyArray<Attempt>) =>
  [...history(...attempts).needs].map(([name, { until }]) => `${name} ${until / HOUR}`)

describe("a job that needs a person", () => {
  it("is charged to neither its bug nor its provider", () => {
    for (const kind of ["permission", "login", "secret"] as const) {
      const attempts = [1, 2, 3].map((hour) => asked(hour, { needs: needed(kind), bug: `bd-${hour}` }))
      const results = providerResults(attempts, 9 * HOUR)
      assert.deepStrictEqual(chargesOf(attempts, "d", results), [])
      assert.strictEqual(probations(results, 3.1 * HOUR).size, 0, kind)
      const same = [1, 2, 3].map((hour) => asked(hour, { needs: needed(kind) }))
      assert.deepInclude(history(...same), { failures: 0, notBefore: 0, tries: 0, failedWith: new Set<ProviderName>() })
    }
  })

  it("does not make a provider doubtful that worked before", () => {
    const good = asked(1, { end: "succeeded", needs: undefined })
    const expired = [2, 3, 4].map((hour) => asked(hour, { needs: needed("login"), bug: `bd-${hour}` }))
    const results = providerResults([good, ...expired], 9 * HOUR)
    assert.isFalse(isDoubtful(results.get(opencode) ?? []))
  })

  it("takes back the charge of a bug that failed shortly before an expired login showed", () => {
    const failed = asked(1, { end: "failed", blame: "issue", needs: undefined })
    const expired = asked(1.2, { needs: needed("login"), bug: "bd-2" })
    const states = (...all: ReadonlyArray<Attempt>) =>
      chargesOf([failed], "d", providerResults(all, 9 * HOUR)).map(({ state }) => state)
    assert.deepStrictEqual(states(failed, expired), ["taken_back"])
    assert.deepStrictEqual(states(failed), ["provisional"])
  })

  it("holds its bug with that provider only: for 1 h, 2 h, 4 h …", () => {
    assert.deepStrictEqual(heldUntil(asked(1)), ["opencode 2"])
    assert.deepStrictEqual(heldUntil(asked(1), asked(2)), ["opencode 4"])
    assert.deepStrictEqual(heldUntil(asked(1), asked(2, { needs: needed("secret"), by: gemini })), [
      "opencode 2",
      "gemini 3"
    ])
  })

  it("holds no bug after a retry, a change of its task, or another end; a login is its provider's alone", () => {
    assert.deepStrictEqual(heldUntil(asked(1, { cleared: true })), [])
    assert.deepStrictEqual(heldUntil(asked(1, { digest: "other" })), [])
    assert.deepStrictEqual(heldUntil(asked(1), asked(2, { end: "failed", needs: undefined })), [])
    assert.deepStrictEqual(heldUntil(asked(1, { needs: needed("login") })), [])
    assert.deepStrictEqual(heldUntil(asked(1), asked(1.5, { needs: needed("login") })), ["opencode 2"])
  })

  it("makes the run that reports it fail, and says nothing in a row of failures", () => {
    const job = jobEndOf(asked(1))
    const failed = jobEndOf(asked(2, { end: "failed", blame: "issue", needs: undefined, bug: "bd-2" }))
    assert(job !== undefined && failed !== undefined)
    assert.strictEqual(problemIn([], [job], []), "failed")
    assert.isUndefined(problemIn([], [failed], [job, job]))
  })

  it("is told with what it needs, and nobody's blame", () => {
    const job = jobEndOf(asked(1))
    assert(job !== undefined)
    assert.match(
      String(lineOf({ _tag: "JobEnded", job })),
      /^❌ JOB_FAILED beads=bd-1 provider=opencode end=needs_human needs=permission blame=none error="it asks" log=none /
    )
  })
})
