import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { isForgotten, isOver, pauseInWords, type Pause } from "../../src/domain/Pause.ts"

const now = Date.parse("2026-11-27T16:00:00Z")
const pause: Pause = { at: now - 7_080_000, reason: "the tracker moves", by: "op@vm-1" }
const zone = () => DateTime.zoneUnsafeMakeNamed("UTC")
const HOUR = 3_600_000

describe("a pause", () => {
  it("says since when, by whom, why and until when", () => {
    assert.strictEqual(
      pauseInWords(pause, { now, zone }),
      "paused since 14:02 by op@vm-1: the tracker moves · until nightly-dispatch resume"
    )
    assert.include(pauseInWords({ ...pause, until: now + 14 * HOUR }, { now, zone }), " · until Sat 06:00")
  })

  it("is over at its time, or when somebody ended it", () => {
    assert.isFalse(isOver(pause, now + 1e12))
    assert.isFalse(isOver({ ...pause, until: now + 1 }, now))
    assert.isTrue(isOver({ ...pause, until: now }, now))
    assert.isTrue(isOver({ ...pause, until: now + HOUR, ended: { at: now, by: "op@vm-1" } }, now))
  })

  it("may be forgotten after a day, whether or not it has a time, unless it is over", () => {
    const day = pause.at + 24 * HOUR
    assert.isFalse(isForgotten(pause, day - 1))
    assert.isTrue(isForgotten(pause, day))
    assert.isTrue(isForgotten({ ...pause, until: day + HOUR }, day))
    assert.isFalse(isForgotten({ ...pause, until: day }, day))
  })
})
