import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either } from "effect"
import { parseUntil } from "../../src/domain/until.ts"

const zone = DateTime.zoneUnsafeMakeNamed("Europe/Berlin")
const now = Date.parse("2026-11-27T13:02:00Z")
const at = (text: string): string =>
  Either.match(parseUntil(text, { now, zone }), {
    onLeft: (why) => why,
    onRight: (millis) => DateTime.formatIso(DateTime.unsafeMake(millis))
  })

describe("a time to come, as people write it", () => {
  it("is a length of time, in all ways that settings take", () => {
    for (const text of ["2h", "2 hours", "120 min", " PT2H "]) assert.strictEqual(at(text), "2026-11-27T15:02:00.000Z")
    assert.strictEqual(at("3 d"), "2026-11-30T13:02:00.000Z")
  })

  it("is the next such time of the day, in the zone", () => {
    assert.strictEqual(at("14:03"), "2026-11-27T13:03:00.000Z")
    assert.strictEqual(at("14:02"), "2026-11-28T13:02:00.000Z", "it is that time now")
    assert.strictEqual(at("06:00"), "2026-11-28T05:00:00.000Z")
  })

  it("is a date, which begins at midnight in the zone, with or without a time and a zone", () => {
    assert.strictEqual(at("2026-12-01"), "2026-11-30T23:00:00.000Z")
    assert.strictEqual(at("2026-12-01T06:00"), "2026-12-01T05:00:00.000Z")
    assert.strictEqual(at("2026-12-01 06:00:30"), "2026-12-01T05:00:30.000Z")
    assert.strictEqual(at("2027-07-01 06:00"), "2027-07-01T04:00:00.000Z", "in summer")
    assert.strictEqual(at("2026-12-01T06:00Z"), "2026-12-01T06:00:00.000Z")
    assert.strictEqual(at("2026-12-01T06:00:00+02:00"), "2026-12-01T04:00:00.000Z")
  })

  it("is refused with what is wrong", () => {
    assert.strictEqual(at("2026-11-27"), '"2026-11-27" is past; expected a time to come')
    assert.strictEqual(at("0 s"), '"0 s" is past; expected a time to come')
    for (const text of ["2026-02-30", "2027-02-30T06:00", "2027-02-30T06:00Z", "2026-12-01T25:00"])
      assert.include(at(text), "is no date of the calendar", text)
    assert.include(at("tomorrow"), '"tomorrow" is no length of time and no date; expected 2h, 3 d, 06:00')
    assert.include(at("25:00"), "is no length of time and no date")
    assert.include(at("30"), 'a unit is missing: write "30 s"')
    assert.include(at("3000-01-01"), "is too far ahead")
  })
})
