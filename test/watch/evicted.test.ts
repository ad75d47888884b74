import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Ref, TestClock } from "effect"
import type { Eviction } from "../../src/domain/Eviction.ts"
import { JournalFailed } from "../../src/domain/Failure.ts"
import { isLive } from "../../src/domain/Job.ts"
import { Fleet } from "../../src/journal/Fleet.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { FakeBeadsState, FakeRunnerState } from "../../src/testing/index.ts"
import { runOnce } from "../dispatch/support.ts"
import { firstEnd, watching, worldOf } from "./support.ts"

const pass = (seconds: number) => TestClock.adjust(seconds * 1000)

const EVICTED: Eviction = { host: "vm-1", reason: "its disk failed", isAdmitted: false }

const jobRuns = Effect.map(
  Effect.flatMap(FakeRunnerState, ({ jobs }) => jobs),
  (jobs) => jobs.some(isLive)
)
const assignee = Effect.map(
  Effect.flatMap(FakeBeadsState, ({ issues }) => issues),
  ([issue]) => issue?.assignee
)

/** A fleet that says this of this host. */
const fleetOf = (evicted: Fleet["Type"]["evicted"]) => ({ ...Context.get(Context.empty(), Fleet), evicted })

/** In a world where a run has started one job, which runs; `evict` says what the journal tells of this host from then on. */
const afterRun = <A, E, R>(
  test: (evict: (said: Fleet["Type"]["evicted"]) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const said = yield* Ref.make<Fleet["Type"]["evicted"]>(Effect.sync(() => undefined))
    yield* runOnce
    assert.isTrue(yield* jobRuns)
    return yield* Effect.provideService(
      test((eviction) => Ref.set(said, eviction)),
      Fleet,
      fleetOf(Effect.flatten(Ref.get(said)))
    )
  }).pipe(Effect.provide(worldOf({ beads: { issues: [{ id: "bd-1" }] } })))

/** Another host settles the attempt. */
const settleElsewhere = Effect.gen(function* () {
  const journal = yield* Journal
  for (const { actor } of yield* journal.open) {
    yield* journal.advance(actor, { _tag: "Settled", end: "lost", blame: "host", detail: "vm-1 was evicted" })
  }
})

describe("the watcher of an evicted host", () => {
  it.effect("ends its jobs within 30 seconds, changes neither claim nor journal, and ends", () =>
    afterRun((evict) =>
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(300)
        const before = yield* assignee
        yield* evict(Effect.succeed(EVICTED))
        yield* pass(31)
        assert.isFalse(yield* jobRuns)
        assert.isTrue(yield* watcher.ended)
        const { lines, result } = yield* watcher.join
        assert.strictEqual(result.end, "evicted")
        assert.isTrue(
          lines.some((line) => /WARN this host \(vm-1\) was evicted: its disk failed.*hosts admit vm-1/.test(line))
        )
        assert.strictEqual(yield* assignee, before)
        assert.isUndefined(yield* firstEnd)
      })
    )
  )

  it.effect("ends a job also if another host has settled its attempt meanwhile", () =>
    afterRun((evict) =>
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(1)
        yield* evict(Effect.succeed(EVICTED))
        yield* settleElsewhere
        yield* pass(31)
        assert.isFalse(yield* jobRuns)
        assert.strictEqual((yield* watcher.join).result.end, "evicted")
      })
    )
  )

  it.effect("that was admitted again ends no job whose attempt is still its own, and hands over to a new watcher", () =>
    afterRun((evict) =>
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(1)
        yield* evict(Effect.succeed({ ...EVICTED, isAdmitted: true }))
        yield* pass(31)
        assert.isTrue(yield* jobRuns)
        assert.deepInclude((yield* watcher.join).result, { end: "outdated", mayBeLeft: true })
      })
    )
  )

  it.effect("that was admitted again too late ends the job whose attempt another host has settled", () =>
    afterRun((evict) =>
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(1)
        yield* settleElsewhere
        yield* evict(Effect.succeed({ ...EVICTED, isAdmitted: true }))
        yield* pass(31)
        assert.isFalse(yield* jobRuns)
        yield* watcher.join
      })
    )
  )

  it.effect("ends no job while the journal cannot tell whether the host was evicted", () =>
    afterRun((evict) =>
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(1)
        yield* evict(new JournalFailed({ file: "postgres://db/nightly", reason: "unusable", detail: "it is away" }))
        yield* pass(3600)
        assert.isTrue(yield* jobRuns)
        assert.isFalse(yield* watcher.ended)
        yield* watcher.kill
      })
    )
  )
})
