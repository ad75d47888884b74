import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { ageOf, BootClock, bootMillis, isMistaken, moment, type Moment } from "../../src/domain/BootClock.ts"
import * as bootClock from "../../src/exec/bootClock.ts"
import { ProcessUnreadable } from "../../src/exec/processTable.ts"

const HOUR = 3_600_000
const at = (wall: number, boot?: string, millis = 0): Moment => ({
  at: wall,
  ...(boot === undefined ? {} : { boot: { boot, millis } })
})

describe("how long ago", () => {
  it("is counted by the boot clock within one boot, however the wall clock was set", () => {
    assert.strictEqual(ageOf(at(0, "a", 10), at(3 * HOUR, "a", 70)), 60)
    assert.strictEqual(ageOf(at(3 * HOUR, "a", 10), at(0, "a", 70)), 60)
  })

  it("is counted by the wall clock between two boots, and for records of earlier versions", () => {
    assert.strictEqual(ageOf(at(0, "a", 10), at(HOUR, "b", 70)), HOUR)
    assert.strictEqual(ageOf(at(0), at(HOUR, "b", 70)), HOUR)
    assert.strictEqual(ageOf(at(HOUR), at(0, "b", 70)), -HOUR)
  })

  it("is counted by the wall clock if a container began to count anew in the same boot", () => {
    assert.strictEqual(ageOf(at(0, "a", 9_000), at(HOUR, "a", 70)), HOUR)
  })

  it("a time is a mistake if it is further ahead than two hosts' clocks differ", () => {
    assert.isFalse(isMistaken(600_000, 0))
    assert.isTrue(isMistaken(600_001, 0))
    assert.isFalse(isMistaken(0, HOUR))
  })
})

describe("BootClock", () => {
  it.effect("follows Effect's Clock without a layer", () =>
    Effect.gen(function* () {
      const begin = yield* moment
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(ageOf(begin, yield* moment), 120_000)
    })
  )

  it.scoped("of the host goes on by itself, and has one name for each boot", () =>
    Effect.gen(function* () {
      const [clock, again] = [yield* BootClock, yield* BootClock]
      const [a, b] = [yield* clock.now, yield* again.now]
      assert.strictEqual(a.boot, b.boot)
      assert.isAbove(a.millis, 0)
      yield* TestClock.adjust("3 hours")
      assert.isBelow((yield* bootMillis) - a.millis, HOUR, "TestClock does not move it")
    }).pipe(Effect.provide(bootClock.layer))
  )

  it.scoped("without a name for the boot: times of two processes cannot be compared", () =>
    Effect.gen(function* () {
      const unnamed = Effect.provide(
        Effect.flatMap(BootClock, ({ now }) => now),
        bootClock.layerOn({ boot: new ProcessUnreadable({ source: "/proc", detail: "no" }) })
      )
      assert.notStrictEqual((yield* unnamed).boot, (yield* unnamed).boot)
    })
  )
})
