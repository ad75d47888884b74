import { afterAll, assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { localZone } from "../../src/domain/localZone.ts"
import { zoned } from "../../src/domain/times.ts"

const before = process.env["TZ"]
const DAY = 86_400_000
/** A year around now, in steps that meet every hour of a day, with both changes of the clocks. */
const TIMES = Array.from({ length: 400 }, (_, day) => Date.UTC(2026, 0, 1) + day * DAY + (day % 24) * 3_600_000)

afterAll(() => {
  if (before === undefined) delete process.env["TZ"]
  else process.env["TZ"] = before
})

describe("the zone of this host", () => {
  for (const zone of ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
    it(`has the offset that counts at each time: ${zone}`, () => {
      process.env["TZ"] = zone
      const named = DateTime.zoneMakeLocal()
      assert.strictEqual(named.id, zone)
      for (const at of TIMES) {
        const expected = DateTime.toParts(DateTime.unsafeMakeZoned(at, { timeZone: named }))
        assert.deepStrictEqual(DateTime.toParts(zoned(at, localZone)), expected)
      }
    })
})
