import { Context, Effect, Fiber, Layer, Random, Ref, TestClock } from "effect"
import { Mark } from "../../../src/domain/Identity.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import {
  FakeBeads,
  FakeJournal,
  FakeJournalState,
  FakePrompts,
  FakeRunner,
  FakeVerifier,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { dispatcher, makeProcess, type Host, type SharedServices } from "./dispatcher.ts"
import { leftOpen, sharedViolations } from "./violations.ts"

const BUGS = ["bd-1", "bd-2", "bd-3", "bd-4"]

const SharedLayer = Layer.mergeAll(
  FakeBeads.layer({ issues: BUGS.map((id, at) => ({ id, title: `${id} ${"abcd"[at]}` })) }),
  FakeRunner.layer(),
  FakePrompts.layer(),
  FakeVerifier.layer(),
  FakeWorkspaces.layer()
)

/** Seven minutes in milliseconds. */
const SPAN = 420_000

/**
 * Seven minutes pass, in steps of two seconds, or to the next moment at which a fiber wakes. In a single step, all fibers
 * that wake within it would see the same time.
 */
const passTime = Effect.gen(function* () {
  const clock = yield* TestClock.testClock()
  const end = (yield* clock.currentTimeMillis) + SPAN
  for (let now = end - SPAN; now < end; now = yield* clock.currentTimeMillis) {
    const next = Math.min(...(yield* clock.sleeps))
    yield* clock.setTime(Math.min(end, Math.max(now + 2_000, next)))
  }
})

const markFor = (name: string): Mark => Mark.make((name === "vm-1" ? "a" : "b").repeat(32))

const makeHost = (name: string) =>
  Effect.map(Layer.build(FakeJournal.layer({ identity: { mark: markFor(name) } })), (context) => ({
    name,
    journal: Context.get(context, Journal),
    state: Context.get(context, FakeJournalState)
  }))

/** Starts a dispatcher within two minutes and kills half of them within another one. */
const startAtRandom = (
  shared: SharedServices,
  host: Host & { readonly state: FakeJournalState["Type"] },
  number: number
) =>
  Effect.gen(function* () {
    const process = yield* makeProcess()
    const start = yield* Random.nextIntBetween(0, 120_000)
    const killedAfter = (yield* Random.nextBoolean) ? yield* Random.nextIntBetween(0, 60_000) : undefined
    yield* Effect.forkDaemon(
      Effect.gen(function* () {
        yield* Effect.sleep(start)
        const fiber = yield* Effect.forkDaemon(dispatcher(shared, host, process, number))
        if (killedAfter === undefined) return yield* Fiber.join(fiber)
        yield* Effect.sleep(killedAfter)
        if ((yield* Fiber.poll(fiber))._tag === "Some") return undefined
        yield* Ref.set(process.killed, true)
        // The lock ends with the process that holds it.
        return (yield* Ref.get(process.holdsLock)) ? yield* host.state.crash : undefined
      })
    )
  })

/**
 * Two hosts on one tracker and one runner. Each starts up to three dispatchers at random moments and kills some of them.
 * Later each host has a clean run. Gives what breaks the rules at the end.
 */
export const schedule: Effect.Effect<ReadonlyArray<string>> = Effect.scoped(
  Effect.gen(function* () {
    const shared = yield* Layer.build(SharedLayer)
    const hosts = [yield* makeHost("vm-1"), yield* makeHost("vm-2")]
    let number = 0
    for (const host of hosts) {
      const runs = yield* Random.nextIntBetween(1, 4)
      for (let run = 0; run < runs; run++) yield* startAtRandom(shared, host, ++number)
    }
    yield* passTime
    for (const host of hosts) {
      const fiber = yield* Effect.forkDaemon(dispatcher(shared, host, yield* makeProcess(), ++number))
      yield* passTime
      const report = yield* Fiber.join(fiber)
      if (report.exit !== 0) return [`the clean run of ${host.name} ended with ${report.exit}: ${report.error ?? ""}`]
    }
    const found = yield* Effect.provide(sharedViolations(BUGS), shared)
    const open = yield* Effect.forEach(hosts, leftOpen)
    return [...found, ...open.flat()]
  })
)
