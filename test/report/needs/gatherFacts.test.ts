import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import { Actor, ACTOR_PREFIX } from "../../../src/domain/Actor.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { gatherFacts } from "../../../src/report/needs/gatherFacts.ts"
import { needsOf } from "../../../src/report/needs/needsOf.ts"
import {
  fakeAttempt,
  FakeBeads,
  FakeBeadsState,
  FakeExec,
  FakeJournal,
  FakeRunner
} from "../../../src/testing/index.ts"
import { inWorld, opencode, options, startFails, trackerDown, type World } from "../../dispatch/support.ts"

const LOG = "/state/jobs/bd-3/1/log"
const files = FileSystem.layerNoop({
  stat: (path) =>
    Effect.succeed({
      type: "File",
      mtime: path === LOG ? Option.some(new Date(5000)) : Option.none(),
      atime: Option.none(),
      birthtime: Option.none(),
      dev: 0,
      ino: Option.none(),
      mode: 0,
      nlink: Option.none(),
      uid: Option.none(),
      gid: Option.none(),
      rdev: Option.none(),
      size: FileSystem.Size(0),
      blksize: Option.none(),
      blocks: Option.none()
    })
})
const around = Layer.merge(
  files,
  FakeExec.layer({
    installed: { crontab: "/usr/bin/crontab" },
    run: () => ({ exitCode: 1, stderr: "no crontab for me" })
  })
)
const gather = <A, E, R>(world: World, effect: Effect.Effect<A, E, R>) => inWorld(world, Effect.provide(effect, around))
const facts = (world: World) => gather(world, gatherFacts(Effect.succeed(options)))

const actor = (attempt: number) => Actor.make(`${ACTOR_PREFIX}${"0".repeat(32)}/vm-1/${options.run}/${attempt}`)
const settled = (id: string, attempt: number) =>
  fakeAttempt("settled", {
    beads: BeadsId.make(id),
    actor: actor(attempt),
    end: "succeeded",
    blame: undefined,
    detail: "left work",
    review: "label",
    repository: options.repository
  })

const world: World = {
  beads: {
    issues: [
      { id: "bd-1", labels: [REVIEW_LABEL] },
      { id: "bd-2", status: "closed" },
      { id: "bd-3", status: "in_progress", assignee: actor(3) },
      { id: "bd-4", status: "in_progress", assignee: `${ACTOR_PREFIX}vm-1/${options.run}/0` },
      { id: "bd-5", title: "another", blockedBy: ["bd-9"] }
    ]
  },
  runner: { jobs: [new Job({ beads: BeadsId.make("bd-3"), provider: opencode, phase: "running", log: LOG })] },
  journal: {
    attempts: [
      settled("bd-1", 1),
      settled("bd-2", 2),
      fakeAttempt("acknowledged", { beads: BeadsId.make("bd-3"), actor: actor(3), repository: options.repository })
    ]
  }
}

describe("the facts of the night", () => {
  it.effect("are what journal, tracker and runner tell", () =>
    Effect.gen(function* () {
      const found = yield* facts(world)
      const [journal, tracker] = [Either.getOrThrow(found.journal), Either.getOrThrow(found.tracker)]
      assert.deepStrictEqual(
        journal.open.map(({ beads }) => beads),
        ["bd-3"]
      )
      assert.deepStrictEqual(
        found.waiting.map(({ beads }) => beads),
        ["bd-1"]
      )
      assert.deepStrictEqual(
        Either.getOrThrow(tracker.skipped).map(({ beads, reason }) => `${beads} ${reason}`),
        ["bd-5 blocked", "bd-1 awaiting_review"]
      )
      assert.deepStrictEqual([...found.written], [[LOG, 5000]])
      assert.include(found.schedule.why, "no crontab for me")
      const needs = needsOf(found, "nd").map(({ beads, kind }) => `${kind} ${beads}`)
      assert.deepStrictEqual(needs, ["claim bd-4", "review bd-1"])
    })
  )

  it.effect("change nothing, ask no provider and claim nothing", () =>
    gather(
      world,
      Effect.gen(function* () {
        yield* gatherFacts(Effect.succeed(options))
        const runner = yield* FakeRunner.FakeRunnerState
        const beads = yield* FakeBeadsState
        const methods = [...(yield* runner.calls), ...(yield* beads.calls)].map(({ method }) => method)
        assert.deepStrictEqual([...new Set(methods)].toSorted(), ["claimsOf", "openBugs", "running", "show"])
      })
    )
  )

  it.effect("say why each of the three cannot be read", () =>
    Effect.gen(function* () {
      const damaged = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "damaged" })
      const found = yield* facts({
        beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] },
        runner: { faults: [FakeRunner.on("running").fails(startFails("runner", "no dx-runner"))] },
        journal: { queryFaults: [FakeJournal.onQuery("runs").fails(damaged)] }
      })
      assert.include(Option.getOrThrow(Either.getLeft(found.journal)), "damaged")
      assert.include(Option.getOrThrow(Either.getLeft(found.tracker)), "database is locked")
      assert.include(Option.getOrThrow(Either.getLeft(found.running)), "no dx-runner")
    })
  )

  it.effect("come after five seconds if the tracker does not answer", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(facts({ ...world, beads: { faults: [FakeBeads.on("openBugs").hangs()] } }))
      yield* TestClock.adjust("5 seconds")
      const found = yield* Fiber.join(fiber)
      assert.deepStrictEqual(found.tracker, Either.left("no answer within 5s"))
      assert.isTrue(Either.isRight(found.journal))
      assert.deepStrictEqual(
        found.waiting.map(({ beads }) => beads),
        ["bd-1", "bd-2"]
      )
    })
  )
})
