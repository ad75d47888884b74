import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { lastAt, nextAt } from "../../../src/domain/timeOfDay.ts"
import { loudAt } from "../../../src/report/alerts/quiet.ts"

const utc = () => DateTime.zoneUnsafeMakeNamed("UTC")
const berlin = () => DateTime.zoneUnsafeMakeNamed("Europe/Berlin")
const at = (text: string) => Date.parse(text)
const shown = (millis: number) => new Date(millis).toISOString().slice(0, 16)

describe("a time of day", () => {
  const now = at("2026-11-27T07:00:00Z")
  it("comes next after now, and came last at now or before", () => {
    assert.strictEqual(shown(nextAt("07:00", now, utc)), "2026-11-28T07:00")
    assert.strictEqual(shown(nextAt("07:01", now, utc)), "2026-11-27T07:01")
    assert.strictEqual(shown(lastAt("07:00", now, utc)), "2026-11-27T07:00")
    assert.strictEqual(shown(lastAt("07:01", now, utc)), "2026-11-26T07:01")
  })

  it("is that of the host's clock, also on the days on which the clocks change", () => {
    // 25 October 2026: summer time ends at 03:00 in Berlin.
    assert.strictEqual(shown(nextAt("07:00", at("2026-10-24T23:30:00Z"), berlin)), "2026-10-25T06:00")
    // 29 March 2026: it begins at 02:00.
    assert.strictEqual(shown(nextAt("07:00", at("2026-03-28T23:30:00Z"), berlin)), "2026-03-29T05:00")
  })
})

describe("quiet hours", () => {
  for (const [hours, now, loud] of [
    ["22:00-07:00", "2026-11-27T21:59", "2026-11-27T21:59"],
    ["22:00-07:00", "2026-11-27T22:00", "2026-11-28T07:00"],
    ["22:00-07:00", "2026-11-27T23:30", "2026-11-28T07:00"],
    ["22:00-07:00", "2026-11-28T06:59", "2026-11-28T07:00"],
    ["22:00-07:00", "2026-11-28T07:00", "2026-11-28T07:00"],
    ["12:00-14:00", "2026-11-28T13:00", "2026-11-28T14:00"],
    ["12:00-14:00", "2026-11-28T15:00", "2026-11-28T15:00"],
    ["12:00-12:00", "2026-11-28T12:00", "2026-11-28T12:00"],
    [undefined, "2026-11-28T02:00", "2026-11-28T02:00"]
  ] as const)
    it(`${hours} at ${now} last until ${loud}`, () => {
      assert.strictEqual(shown(loudAt(hours, at(`${now}:00Z`), utc)), loud)
    })
})
