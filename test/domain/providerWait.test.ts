import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import type { ProviderResult } from "../../src/domain/ProviderResult.ts"
import type { Retry } from "../../src/domain/Retry.ts"
import { loginsNeeded, waitInWords, waitsOf } from "../../src/domain/ProviderWait.ts"

const opencode = ProviderName.make("opencode")
const end = (at: number, kind: ProviderResult["kind"], freeAt?: number): ProviderResult => ({
  provider: opencode,
  beads: BeadsId.make("bd-1"),
  kind,
  at,
  probe: false,
  detail: "",
  freeAt
})
const check = (at: number, freeAt?: number) => ({
  at,
  check: { provider: opencode, available: freeAt === undefined, detail: "", lines: [], durationMs: 1, freeAt }
})
const until = (ends: ReadonlyArray<ProviderResult>, checks: ReadonlyArray<ReturnType<typeof check>>, now: number) =>
  waitsOf(new Map(ends.length === 0 ? [] : [[opencode, ends]]), checks, [], now).get(opencode)?.until

describe("until when a provider waits", () => {
  it("as it said last, with a job's end or with a preflight", () => {
    assert.strictEqual(until([end(10, "evidence", 90)], [], 20), 90)
    assert.strictEqual(until([end(10, "evidence", 90), end(15, "evidence", 50)], [], 20), 50)
    assert.strictEqual(until([end(10, "evidence", 90)], [check(12, 60)], 20), 60)
    assert.strictEqual(until([end(10, "evidence", 90)], [check(8, 60)], 20), 90)
    assert.strictEqual(until([], [check(8, 60)], 20), 60)
  })

  it("a failure that names no time does not end the wait, nor does a preflight that passed", () => {
    assert.strictEqual(until([end(10, "evidence", 90), end(15, "bad")], [check(16)], 20), 90)
  })

  it("not at all if the time is over, or after a job that ended well", () => {
    assert.isUndefined(until([end(10, "evidence", 90)], [], 90))
    assert.isUndefined(until([end(10, "evidence", 90), end(15, "good")], [check(12, 95)], 20))
    assert.isUndefined(until([], [check(10)], 20))
    assert.isUndefined(until([], [], 20))
  })

  it("not by a preflight that is dated in the future", () => {
    assert.isUndefined(until([], [check(50 * 3_600_000, 60 * 3_600_000)], 20))
  })

  describe("for a login", () => {
    const HOUR = 3_600_000
    const needs = { kind: "login", next: "run `opencode auth login`" } as const
    const login = (at: number, beads = "bd-1") => ({ ...end(at * HOUR, "login"), beads: BeadsId.make(beads), needs })
    const wait = (ends: ReadonlyArray<ProviderResult>, now: number, retries: ReadonlyArray<Retry> = []) =>
      waitsOf(new Map([[opencode, ends]]), [], retries, now * HOUR).get(opencode)
    const hours = (...args: Parameters<typeof wait>) => (wait(...args)?.until ?? Number.NaN) / HOUR

    it("1 h, 2 h, 4 h … up to 12 h, and not after a good job", () => {
      assert.strictEqual(hours([login(1)], 1.5), 2)
      assert.isUndefined(wait([login(1)], 2))
      assert.strictEqual(hours([login(1), login(2)], 3), 4)
      assert.strictEqual(hours([login(1), login(2), login(4)], 5), 8)
      const ends = [1, 2, 4, 8, 16, 28, 40].map((at) => login(at))
      assert.strictEqual(hours(ends, 41), 52)
      assert.isUndefined(wait([login(1), end(1.2 * HOUR, "good")], 1.5))
    })

    it("counts jobs that ran at the same time once", () => {
      assert.strictEqual(hours([login(1, "bd-1"), login(1.1, "bd-2"), login(1.9, "bd-3")], 1.95), 2)
    })

    it("not after a retry of one of its bugs, until the next job ends so", () => {
      const retried = { beads: BeadsId.make("bd-1"), at: 1.2 * HOUR }
      assert.isUndefined(wait([login(1, "bd-1"), login(1.1, "bd-2")], 1.5, [retried]))
      assert.strictEqual(hours([login(1, "bd-1"), login(1.3, "bd-2")], 1.5, [retried]), 2.3)
      assert.strictEqual(hours([login(1)], 1.5, [{ ...retried, beads: BeadsId.make("bd-9") }]), 2)
    })

    it("names no bug for the retry that another provider has solved", () => {
      const [ends, glm] = [[login(1, "bd-1"), login(1.1, "bd-2")], ProviderName.make("cc-glm")]
      const solved = { ...end(1.3 * HOUR, "good"), provider: glm, beads: BeadsId.make("bd-2") }
      const retryOf = (others: ReadonlyArray<ProviderResult>) =>
        loginsNeeded(
          new Map([
            [opencode, ends],
            [glm, others]
          ]),
          []
        ).get(opencode)?.retry
      assert.deepStrictEqual([retryOf([]), retryOf([solved])], ["bd-2", "bd-1"])
    })

    it("is needed also when its wait is over, until a good job", () => {
      assert.isUndefined(wait([login(1)], 2.5))
      assert.isTrue(loginsNeeded(new Map([[opencode, [login(1)]]]), []).has(opencode))
      assert.isFalse(loginsNeeded(new Map([[opencode, [login(1), end(2 * HOUR, "good")]]]), []).has(opencode))
    })

    it("in words: what to do, and how to say that it is done", () => {
      const found = wait([login(1)], 1.5)
      assert.isDefined(found)
      assert.match(
        found === undefined ? "" : waitInWords(found, { now: 1.5 * HOUR, zone: () => DateTime.zoneMakeOffset(0) }),
        /^needs a login from you: run `opencode auth login`; then: nightly-dispatch retry bd-1\. Without that it is tried again 02:00/
      )
    })
  })

  it("in words", () => {
    const now = DateTime.unsafeMake("2026-11-27T12:57:00Z").epochMillis
    const zone = () => DateTime.zoneMakeOffset(0)
    const words = waitInWords({ until: now + (2 * 60 + 3) * 60_000 }, { now, zone })
    assert.strictEqual(words, "rate limited until 15:00 (in 2 h 3 min), as it said itself")
  })
})
