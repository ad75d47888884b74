import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { fakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { dueFor, newState, tried } from "../../src/watch/jobState.ts"
import { pauseAfter } from "../../src/watch/sample.ts"

const running = fakeAttempt("acknowledged")
const MINUTE = 60_000
const known = { ...newState(0), lookAt: 5 * MINUTE }

describe("what is due for a job", () => {
  it("a new watcher asks the runner at once, then every five minutes", () => {
    assert.strictEqual(dueFor(running, newState(0), false, 0), "look")
    assert.strictEqual(dueFor(running, known, false, 4 * MINUTE), "wait")
    assert.strictEqual(dueFor(running, known, false, 5 * MINUTE), "look")
  })

  it("a job is asked for when it was idle at two steps", () => {
    assert.strictEqual(dueFor(running, known, true, 1000), "wait")
    assert.strictEqual(dueFor(running, { ...known, wasIdle: true }, true, 1000), "look")
    assert.strictEqual(dueFor(running, { ...known, wasIdle: true }, false, 1000), "wait")
  })

  it("a lost claim, an end that is not settled, and an attempt of a killed run are settled", () => {
    assert.strictEqual(dueFor(running, { ...known, isLost: true }, false, 1000), "settle")
    for (const phase of ["intended", "starting", "ending"] as const)
      assert.strictEqual(dueFor(fakeAttempt(phase), known, false, 1000), "settle")
  })

  it("pauses 15 seconds after the first try, twice as long after each further one, at most five minutes", () => {
    let state = { ...known, isLost: true }
    let now = 0
    const pauses = Array.from({ length: 7 }, () => {
      state = { ...tried(state, now), isLost: true }
      const begin = now
      while (dueFor(running, state, false, now) === "wait") now += 1000
      return (now - begin) / 1000
    })
    assert.deepStrictEqual(pauses, [15, 30, 60, 120, 240, 300, 300])
    assert.strictEqual(tried(state, now + 11 * MINUTE).tries, 1, "much later it begins again")
  })
})

describe("the pause between two steps", () => {
  it("is 15 seconds, and longer where a look at the processes takes long", () => {
    const seconds = (...millis: ReadonlyArray<number>) =>
      Duration.toSeconds(pauseAfter(millis.map((cost) => BigInt(cost) * 1_000_000n)))
    assert.deepStrictEqual([seconds(), seconds(10), seconds(100), seconds(9000)], [15, 15, 25, 60])
    assert.strictEqual(seconds(9000, 10, 9000), 15, "one busy moment does not count")
  })
})
