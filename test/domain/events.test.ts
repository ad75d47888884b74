import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Stream, TestClock } from "effect"
import type { Event } from "../../src/domain/Event.ts"
import { BEHIND, emit, Events, eventSink, makeEvents, type Published } from "../../src/domain/Events.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { ofRun } from "../../src/domain/ofRun.ts"
import { Redact, redactor } from "../../src/domain/Redaction.ts"

const skipped = (detail: string): Event => ({ _tag: "StepBegun", beads: BeadsId.make("bd-1"), step: "claim", detail })
const RUN = RunId.make("20261122T030000Z-4f2a91")
const options = { run: RUN, host: "vm-1", repository: { name: "app", path: "/src/app" } }

const own = Layer.effect(Events, makeEvents)
const subscribed = Effect.flatMap(Events, ({ subscribe }) => subscribe)
const take = (count: number) => (events: Stream.Stream<Published>) =>
  Effect.map(Stream.runCollect(Stream.take(events, count)), Chunk.toReadonlyArray)
const detailOf = ({ event }: Published) => (event._tag === "StepBegun" ? event.detail : undefined)

describe("Events", () => {
  it.scoped("tell each subscriber what happens from then on, with time and run", () =>
    Effect.gen(function* () {
      yield* emit(skipped("before"))
      const [one, other] = [yield* subscribed, yield* subscribed]
      yield* TestClock.adjust("5 seconds")
      yield* ofRun(emit(skipped("in a run")), options)
      yield* emit(skipped("outside"))
      for (const events of [one, other]) {
        assert.deepStrictEqual(yield* take(2)(events), [
          { at: 5000, run: RUN, event: skipped("in a run") },
          { at: 5000, run: undefined, event: skipped("outside") }
        ])
      }
    }).pipe(Effect.provide(own))
  )

  it.scoped("hold no secret, though ids and paths stay", () =>
    Effect.gen(function* () {
      const events = yield* subscribed
      yield* emit(skipped("login with correct-horse-battery failed"))
      assert.deepStrictEqual(yield* take(1)(events), [
        { at: 0, run: undefined, event: skipped("login with [redacted] failed") }
      ])
    }).pipe(Effect.provide(own), Effect.provideService(Redact, redactor(["correct-horse-battery"])))
  )

  it.scoped("do not wait for a slow subscriber, which loses the oldest", () =>
    Effect.gen(function* () {
      const events = yield* subscribed
      yield* Effect.forEach(Array.from({ length: BEHIND + 100 }), (_, n) => emit(skipped(String(n))), { discard: true })
      const got = (yield* take(BEHIND)(events)).map(detailOf)
      assert.deepStrictEqual([got[0], got.at(-1)], ["100", String(BEHIND + 99)])
    }).pipe(Effect.provide(own))
  )

  it.scoped("reach every sink in order, and the subscribers after it", () => {
    const seen: Array<string> = []
    const sink = (name: string) =>
      eventSink((published) => Effect.sync(() => void seen.push(`${name} ${detailOf(published)}`)))
    return Effect.gen(function* () {
      const events = yield* subscribed
      yield* emit(skipped("a"))
      assert.deepStrictEqual(seen, ["inner a", "outer a"])
      assert.strictEqual((yield* take(1)(events)).length, 1)
    }).pipe(Effect.provide(sink("inner").pipe(Layer.provide(sink("outer")), Layer.provide(own))))
  })
})
