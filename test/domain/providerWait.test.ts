import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import type { ProviderResult } from "../../src/domain/ProviderResult.ts"
import { waitInWords, waitsOf } from "../../src/domain/ProviderWait.ts"

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
  waitsOf(new Map(ends.length === 0 ? [] : [[opencode, ends]]), checks, now).get(opencode)

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

  it("in words", () => {
    const now = DateTime.unsafeMake("2026-11-27T12:57:00Z").epochMillis
    const zone = () => DateTime.zoneMakeOffset(0)
    const words = waitInWords(now + (2 * 60 + 3) * 60_000, { now, zone })
    assert.strictEqual(words, "rate limited until 15:00 (in 2 h 3 min), as it said itself")
  })
})
