import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import { lastTick, nextTick, parseSchedule, ticksIn } from "../../src/domain/schedule.ts"

const at = (text: string): number => Date.parse(text)
const parsed = (text: string, zone = "UTC") => Either.getOrThrow(parseSchedule(text, zone))
const iso = (tick: Option.Option<number>): string | undefined =>
  Option.getOrUndefined(Option.map(tick, (millis) => new Date(millis).toISOString()))

describe("a schedule", () => {
  it("has a next and a last time, and one that is now is the last", () => {
    const nightly = parsed("0 6-13 * * *")
    assert.strictEqual(iso(nextTick(nightly, at("2026-11-26T06:00:00Z"))), "2026-11-26T07:00:00.000Z")
    assert.strictEqual(iso(lastTick(nightly, at("2026-11-26T06:00:00Z"))), "2026-11-26T06:00:00.000Z")
    assert.strictEqual(iso(lastTick(nightly, at("2026-11-26T05:59:59Z"))), "2026-11-25T13:00:00.000Z")
    assert.strictEqual(iso(lastTick(nightly, at("2026-11-26T20:00:00.500Z"))), "2026-11-26T13:00:00.000Z")
  })

  it("with a day of the month and a day of the week has a last time that has come", () => {
    const either = parsed("0 6 13 * 5")
    assert.strictEqual(iso(lastTick(either, at("2026-11-27T00:45:00Z"))), "2026-11-20T06:00:00.000Z")
    assert.strictEqual(iso(lastTick(parsed("0 0 29 2 *"), at("2026-11-27T00:00:00Z"))), "2024-02-29T00:00:00.000Z")
  })

  it("is due in the time zone of cron, also where the clock is changed", () => {
    assert.strictEqual(
      iso(nextTick(parsed("0 6 * * *", "Europe/Berlin"), at("2026-07-01T00:00:00Z"))),
      "2026-07-01T04:00:00.000Z"
    )
    const autumn = ticksIn(
      parsed("30 2 * * *", "Europe/Berlin"),
      at("2026-10-24T00:00:00Z"),
      at("2026-10-27T00:00:00Z")
    )
    assert.strictEqual(autumn.length, 3)
  })

  it("has the shorthands of crontab(5)", () => {
    assert.strictEqual(iso(nextTick(parsed("@hourly"), at("2026-11-26T06:10:00Z"))), "2026-11-26T07:00:00.000Z")
    assert.strictEqual(parsed("@daily").text, "@daily")
  })

  it("gives the times in a window, the first of it with it and its end without", () => {
    const ticks = ticksIn(parsed("0 6-13 * * *"), at("2026-11-25T06:00:00Z"), at("2026-11-26T06:00:00Z"))
    assert.deepStrictEqual(ticks.slice(0, 2), [at("2026-11-25T06:00:00Z"), at("2026-11-25T07:00:00Z")])
    assert.strictEqual(ticks.length, 8)
  })

  it("that never comes is due at no time", () => {
    const never = parsed("0 0 31 2 *")
    assert.deepStrictEqual([nextTick(never, 0), lastTick(never, 0)], [Option.none(), Option.none()])
    assert.isEmpty(ticksIn(never, 0, at("2026-01-01T00:00:00Z")))
  })

  for (const [text, why] of [
    ["", "five fields"],
    ["@reboot", "five fields"],
    ["0 0 * * * *", "five fields"],
    ["61 * * * *", "61 * * * *"],
    ["x y z a b", "x y z a b"]
  ] as const) {
    it(`${JSON.stringify(text)} is refused in words`, () => {
      const refused = parseSchedule(text)
      assert.include(Either.isLeft(refused) ? refused.left : "", why)
    })
  }
})
