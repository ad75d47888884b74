import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { JournalFailed, RunnerFailed } from "../../src/domain/Failure.ts"
import { Journal } from "../../src/journal/Journal.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakeKeptWork,
  FakeKeptWorkState,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import type { Fault } from "../../src/testing/faults.ts"
import { runOnce, trackerDown, type World } from "../dispatch/support.ts"
import { attemptLeftIn, heldIssue, job } from "../dispatch/settle/support.ts"
import { firstEnd, watching, withSleepingHost, worldOf } from "./support.ts"

const bug = { id: "bd-1" }
const HOUR = 3_600_000
const tenMinutes = { limits: { maxRuntime: "10 min" } }
const leased = { issues: [bug], lease: "5 minutes" } as const
const pass = (seconds: number) => TestClock.adjust(seconds * 1000)
const callsOf = (method: string) =>
  Effect.map(
    Effect.flatMap(FakeBeadsState, ({ calls }) => calls),
    (calls) => calls.filter((call) => call.method === method).length
  )
const trackerCalls = Effect.map(
  Effect.flatMap(FakeBeadsState, ({ calls }) => calls),
  (calls) => calls.length
)
const claim = Effect.map(
  Effect.flatMap(FakeBeadsState, ({ issues }) => issues),
  ([issue]) => issue
)

const editBug = (changes: Parameters<FakeBeadsState["Type"]["edit"]>[1]) =>
  Effect.flatMap(FakeBeadsState, ({ edit }) => edit("bd-1", changes))
const finishJob = (exitCode?: number) => Effect.flatMap(FakeRunnerState, ({ finish }) => finish("bd-1", exitCode))

/** In a world where a run has started one job, which runs. */
const afterRun = <A, E>(world: World, test: Effect.Effect<A, E, Layered>) =>
  Effect.provide(Effect.zipRight(runOnce, test), worldOf(world))
type Layered =
  | Effect.Effect.Context<ReturnType<typeof watching>>
  | FakeBeadsState
  | FakeRunnerState
  | FakeJournalState
  | FakePromptsState

describe("the watcher", () => {
  it.effect("renews a lease of five minutes for a job of twenty, settles it when it ends, and ends itself", () =>
    afterRun(
      { beads: leased, runner: { providers: { opencode: { runs: "20 minutes" } } } },
      Effect.gen(function* () {
        const watcher = yield* watching()
        while (!(yield* watcher.ended)) {
          yield* pass(5)
          const { leaseExpiresAt = Infinity } = (yield* claim) ?? {}
          assert.isAbove(leaseExpiresAt, yield* Clock.currentTimeMillis)
          assert.isBelow(yield* Clock.currentTimeMillis, 21 * 60_000)
        }
        assert.strictEqual((yield* claim)?.assignee, undefined)
        const { lines, result } = yield* watcher.join
        assert.strictEqual(result.end, "nothing_left")
        assert.lengthOf(result.settled, 1)
        assert.include(lines, "INFO watching 1 job(s): bd-1")
        assert.include(lines, "INFO the watcher ends: nothing is left to watch")
      })
    )
  )

  it.effect("asks a tracker without leases once in five minutes, and settles a job within seconds of its end", () =>
    afterRun(
      { beads: { issues: [bug] } },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(60)
        const before = yield* trackerCalls
        yield* pass(1200)
        assert.strictEqual(yield* trackerCalls, before + 4)
        assert.strictEqual(yield* firstEnd, undefined)
        yield* finishJob(1)
        yield* pass(20)
        assert.strictEqual(yield* firstEnd, "failed")
        assert.isTrue(yield* watcher.ended)
      })
    )
  )

  it.effect("pushes the work of a job that it settled, once its claim is released", () =>
    Effect.gen(function* () {
      yield* runOnce
      const workspaces = yield* FakeWorkspacesState
      for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 1)
      const watcher = yield* watching()
      yield* TestClock.adjust("1 minute")
      yield* finishJob(0)
      yield* TestClock.adjust("1 minute")
      yield* watcher.join
      const remotes = yield* (yield* FakeKeptWorkState).remotes
      assert.deepStrictEqual([...remotes.keys()], ["origin/feature-bd-1"])
    }).pipe(
      Effect.provide(
        Layer.merge(
          worldOf({ beads: { issues: [bug] }, settings: { workspace: { push: "origin" } } }),
          FakeKeptWork.layer({ branches: { "feature-bd-1": {} } })
        )
      )
    )
  )

  it.effect("stops a job at limits.maxRuntime", () =>
    afterRun(
      { beads: leased, settings: tenMinutes },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(10 * 60 - 30)
        assert.strictEqual(yield* firstEnd, undefined)
        yield* pass(60)
        assert.strictEqual(yield* firstEnd, "stalled")
        assert.isTrue(yield* watcher.ended)
      })
    )
  )

  it.effect("does not renew a claim while it is released, so it reports no loss", () =>
    afterRun(
      { beads: { ...leased, faults: [FakeBeads.after("release").delays("3 minutes")] } },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        yield* finishJob(1)
        yield* pass(240)
        assert.isTrue(yield* watcher.ended)
        const { lines } = yield* watcher.join
        assert.isEmpty(lines.filter((line) => line.includes("the claim was lost")))
      })
    )
  )

  for (const [tracker, beads, seconds] of [
    ["with leases", leased, 130],
    ["without leases", { issues: [bug] }, 330]
  ] as const) {
    it.effect(`takes a claim again that was found free, in a tracker ${tracker}`, () =>
      afterRun(
        { beads },
        Effect.gen(function* () {
          const watcher = yield* watching()
          yield* pass(30)
          const { assignee } = (yield* claim) ?? {}
          yield* editBug({ status: "open", assignee: undefined })
          yield* pass(seconds)
          assert.strictEqual((yield* claim)?.assignee, assignee)
          assert.strictEqual(yield* firstEnd, undefined)
          yield* pass(600)
          assert.isAbove((yield* claim)?.leaseExpiresAt ?? Infinity, yield* Clock.currentTimeMillis)
          yield* watcher.kill
        })
      )
    )

    it.effect(`stops the job of a claim that another actor has taken, in a tracker ${tracker}`, () =>
      afterRun(
        { beads },
        Effect.gen(function* () {
          const watcher = yield* watching()
          yield* pass(30)
          yield* editBug({ status: "in_progress", assignee: "alice" })
          yield* pass(seconds)
          assert.strictEqual(yield* firstEnd, "claim_lost")
          assert.strictEqual((yield* claim)?.assignee, "alice")
          const [job] = yield* Effect.flatMap(FakeRunnerState, ({ jobs }) => jobs)
          assert.strictEqual(job?.phase, "stopped")
          assert.isTrue(yield* watcher.ended)
        })
      )
    )
  }

  it.effect("renews and settles within seconds after the host was asleep for three hours", () =>
    withSleepingHost(({ jump, pass }) =>
      afterRun(
        { beads: leased, settings: { limits: { maxRuntime: "300 min" } } },
        Effect.gen(function* () {
          const watcher = yield* watching()
          yield* pass(30)
          const before = yield* callsOf("heartbeat")
          yield* jump(3 * HOUR)
          yield* pass(12)
          assert.isAbove(yield* callsOf("heartbeat"), before)
          assert.isAbove((yield* claim)?.leaseExpiresAt ?? 0, yield* Clock.currentTimeMillis)
          yield* finishJob()
          yield* jump(3 * HOUR)
          yield* pass(20)
          assert.isDefined(yield* firstEnd)
          assert.isTrue(yield* watcher.ended)
        })
      )
    )
  )
})

describe("a watcher whose tools fail", () => {
  it.effect("goes on while the runner is away, says so once, and ends no job for it", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        const away = new RunnerFailed({ operation: "job", detail: "not found", blame: "runner" })
        yield* Effect.flatMap(FakeRunnerState, ({ inject }) => inject(FakeRunner.on("job").fails(away).times(3)))
        yield* pass(1200)
        assert.strictEqual(yield* firstEnd, undefined)
        yield* finishJob()
        yield* pass(400)
        const { lines } = yield* watcher.join
        assert.lengthOf(
          lines.filter((line) => line.includes("the runner cannot tell: ")),
          1
        )
        assert.isTrue(lines.some((line) => line.startsWith("WARN bd-1: not settled yet, will try again: ")))
      })
    )
  )

  it.effect("goes on while the tracker is away, says so once, and renews as soon as the tracker answers", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        yield* Effect.flatMap(FakeBeadsState, ({ inject }) =>
          inject(FakeBeads.on("heartbeat").fails(trackerDown).times(30))
        )
        yield* pass(180)
        const before = yield* claim
        yield* pass(400)
        assert.isAbove((yield* claim)?.leaseExpiresAt ?? 0, before?.leaseExpiresAt ?? 0)
        assert.strictEqual(yield* firstEnd, undefined)
        yield* finishJob()
        yield* pass(30)
        const { lines } = yield* watcher.join
        assert.lengthOf(
          lines.filter((line) => line.startsWith("WARN cannot renew the claim of bd-1")),
          1
        )
        assert.isTrue(lines.some((line) => line.startsWith("INFO renewed the claim of bd-1 again until ")))
      })
    )
  )

  it.effect("settles a job whose tracker was away at its end", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        yield* Effect.flatMap(FakeBeadsState, ({ inject }) =>
          inject(FakeBeads.on("show").fails(trackerDown).times(4), FakeBeads.on("claimsOf").fails(trackerDown).times(4))
        )
        yield* finishJob(1)
        yield* pass(400)
        assert.strictEqual(yield* firstEnd, "failed")
        const { lines } = yield* watcher.join
        assert.isBelow(lines.filter((line) => line.startsWith("WARN")).length, 4, lines.join("\n"))
      })
    )
  )

  it.effect("removes the prompt of a job that it settles, also if the list of all claims could not be read", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        const prompts = Effect.flatMap(FakePromptsState, ({ files }) => files)
        assert.lengthOf(yield* prompts, 1)
        yield* Effect.flatMap(FakeBeadsState, ({ inject }) =>
          inject(FakeBeads.on("claimsOf").fails(trackerDown).times(50))
        )
        yield* finishJob(1)
        yield* pass(400)
        assert.strictEqual((yield* watcher.join).result.end, "nothing_left")
        assert.deepStrictEqual(yield* prompts, [])
      })
    )
  )

  it.effect("leaves a job to runs of which nothing can be told after its time, and does not live for it", () =>
    afterRun(
      { beads: leased, settings: tenMinutes },
      Effect.gen(function* () {
        const watcher = yield* watching()
        yield* pass(30)
        yield* Effect.flatMap(FakeRunnerState, ({ turn }) => turn("bd-1", "unknown", "another namespace"))
        yield* pass(19 * 60)
        assert.isFalse(yield* watcher.ended)
        yield* pass(10 * 60)
        assert.strictEqual((yield* watcher.join).result.end, "nothing_left")
        assert.strictEqual(yield* firstEnd, undefined)
        assert.isDefined((yield* claim)?.assignee)
      })
    )
  )

  it.effect("leaves such an attempt to runs also if its job was never acknowledged", () =>
    Effect.gen(function* () {
      const watcher = yield* watching()
      yield* pass(60)
      const { lines, result } = yield* watcher.join
      assert.deepInclude(result, { end: "nothing_left", settled: [] })
      assert.isTrue(lines.some((line) => line.startsWith("WARN bd-1: left to the next run: whether its job runs")))
      assert.strictEqual((yield* claim)?.assignee, heldIssue.assignee)
    }).pipe(
      Effect.provide(
        worldOf({
          beads: { issues: [heldIssue] },
          journal: { attempts: [attemptLeftIn("starting")] },
          runner: { jobs: [job({ phase: "unknown" })] }
        })
      )
    )
  )

  it.effect("waits for a journal that cannot be used, and fails after ten minutes", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const journal = yield* FakeJournalState
        const full = new JournalFailed({ file: "memory", reason: "unusable", detail: "disk full" })
        const watcher = yield* watching()
        yield* pass(30)
        yield* journal.inject(FakeJournal.on("open").fails(full).times(10))
        yield* pass(300)
        assert.isFalse(yield* watcher.ended)
        yield* journal.inject(FakeJournal.on("open").fails(full))
        yield* pass(700)
        assert.strictEqual((yield* Effect.flip(watcher.join)).detail, "disk full")
      })
    )
  )
})

describe("the watcher's place", () => {
  it.effect("has one watcher: a second one says who has it", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const first = yield* watching()
        yield* pass(10)
        const second = yield* watching()
        yield* pass(20)
        const { result } = yield* second.join
        assert.strictEqual(result.end, "another")
        assert.isFalse(yield* first.ended)
        yield* first.kill
      })
    )
  )

  it.effect("is taken again for a job that a run began while the watcher was ending", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const { inject } = yield* FakeJournalState
      yield* runOnce
      // The watcher's first read comes before the run's job, its next one after.
      yield* inject(
        FakeJournal.on("open")
          .answers(() => [])
          .times(1)
      )
      const watcher = yield* watching()
      yield* pass(30)
      assert.isFalse(yield* watcher.ended)
      assert.strictEqual((yield* journal.watcher)._tag, "Some")
      yield* watcher.kill
    }).pipe(Effect.provide(worldOf({ beads: leased })))
  )

  it.effect("is given up for a newer program, with nothing released", () =>
    afterRun(
      { beads: leased },
      Effect.gen(function* () {
        const isOutdated = yield* Ref.make(false)
        const watcher = yield* watching({ isOutdated: Ref.get(isOutdated) })
        yield* pass(30)
        assert.isFalse(yield* watcher.ended)
        yield* Ref.set(isOutdated, true)
        yield* pass(15)
        const { result } = yield* watcher.join
        assert.deepInclude(result, { end: "outdated", mayBeLeft: true })
        assert.isDefined((yield* claim)?.assignee)
        assert.strictEqual((yield* (yield* Journal).watcher)._tag, "None")
      })
    )
  )

  it.effect("is given up when a newer version changed the journal, and when the state directory was replaced", () =>
    Effect.gen(function* () {
      const end = (...faults: ReadonlyArray<Fault<Journal["Type"]>>) =>
        afterRun(
          { beads: leased },
          Effect.gen(function* () {
            const watcher = yield* watching()
            yield* pass(30)
            yield* Effect.flatMap(FakeJournalState, ({ inject }) => inject(...faults))
            yield* pass(30)
            return (yield* watcher.join).result.end
          })
        )
      const newer = new JournalFailed({ file: "memory", reason: "newer", detail: "a newer version made it" })
      assert.strictEqual(yield* end(FakeJournal.on("open").fails(newer)), "newer")
      const none = FakeJournal.on("watcher").answers(() => Option.none())
      assert.strictEqual(yield* end(none), "replaced")
    })
  )

  it.effect("leaves what a run is at work on to that run, and settles what a killed run left", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fork(runOnce)
      yield* pass(60)
      const watcher = yield* watching()
      yield* pass(120)
      assert.strictEqual(yield* firstEnd, undefined)
      yield* Fiber.interruptFork(run)
      yield* Effect.flatMap(FakeJournalState, ({ crash }) => crash)
      yield* pass(600)
      assert.isDefined(yield* firstEnd)
      assert.isTrue(yield* watcher.ended)
      assert.strictEqual((yield* claim)?.assignee, undefined)
    }).pipe(
      Effect.provide(
        worldOf({
          beads: leased,
          runner: { faults: [FakeRunner.on("start").hangs().withoutLimit()] },
          journal: { faults: [] }
        })
      )
    )
  )
})
