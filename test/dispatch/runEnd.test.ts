import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, Fiber, Layer, Schema } from "effect"
import { nightlyRun, nightlyRunOrFail, type RunServices } from "../../src/dispatch/nightlyRun.ts"
import { eventSink } from "../../src/domain/Events.ts"
import { JournalFailed, TrackerFailed, WorkspaceFailed } from "../../src/domain/Failure.ts"
import type { RunFailure } from "../../src/domain/RunEnd.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { Room } from "../../src/host/Room.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { JournalQueries } from "../../src/journal/JournalQueries.ts"
import { parseTemplate, PromptTemplate } from "../../src/prompt/template.ts"
import { FakeBeads, FakeJournal, FakeWorkspaces } from "../../src/testing/index.ts"
import { fakes, inWorld, oneBug, options, trackerDown, withLog, type World } from "./support.ts"

const broken = new JournalFailed({ file: "/state/journal.db", reason: "corrupt", detail: "it is damaged" })
const noClone = new WorkspaceFailed({ detail: "no git repository", kind: "no_repository", blame: "config" })

interface Case {
  readonly world: World
  readonly with?: Layer.Layer<never>
  readonly end: RunReport["end"]["_tag"]
  /** The tag of the error. */
  readonly error?: string
  readonly exit: number
  readonly text?: string
}

const lockedWorld: World = { ...oneBug, journal: { lockedBy: "process 42" } }

const cases: Readonly<Record<string, Case>> = {
  "dispatched what it chose": { world: oneBug, end: "done", exit: 0 },
  "had a failed dispatch": {
    world: { ...oneBug, beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("claim").fails(trackerDown)] } },
    end: "done",
    exit: 3
  },
  "met a pause": {
    world: { ...oneBug, journal: { pauses: [{ at: 0, reason: "the tracker moves", by: "op@vm-1" }] } },
    end: "paused",
    error: "RunPaused",
    exit: 0
  },
  "found no provider": {
    world: {
      ...oneBug,
      settings: { providers: [{ name: "opencode" }] },
      runner: { providers: { opencode: { broken: "down" } } }
    },
    end: "no_provider",
    error: "ProviderUnavailable",
    exit: 1
  },
  "could not read the tracker": {
    world: { beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] } },
    end: "tracker",
    error: "TrackerFailed",
    exit: 4,
    text: "tracker: show: database is locked"
  },
  "was told by the tracker until when its limit holds": {
    world: {
      beads: { faults: [FakeBeads.on("openBugs").fails(new TrackerFailed({ ...trackerDown, freeAt: 60_000 }))] }
    },
    end: "tracker",
    error: "TrackerFailed",
    exit: 4,
    text: "tracker: show: database is locked; the tracker said that its limit holds until 1970-01-01T00:01:00.000Z"
  },
  "had no repository": {
    world: { ...oneBug, workspaces: { faults: [FakeWorkspaces.on("check").fails(noClone)] } },
    end: "config",
    error: "WorkspaceFailed",
    exit: 5,
    text: "no git repository"
  },
  "had a template that cannot be used": {
    world: oneBug,
    with: Layer.succeed(PromptTemplate, parseTemplate("no report")),
    end: "config",
    error: "TemplateInvalid",
    exit: 5
  },
  "had no room": {
    world: oneBug,
    with: Layer.succeed(Room, { lacking: Effect.succeed("/srv is full") }),
    end: "state",
    error: "RoomLacking",
    exit: 6,
    text: "/srv is full"
  },
  "could not end its record": {
    world: { ...oneBug, journal: { faults: [FakeJournal.on("end").fails(broken)] } },
    end: "state",
    error: "JournalFailed",
    exit: 6,
    text: "journal /state/journal.db: it is damaged"
  }
}

const worldOf = ({ with: more = Layer.empty, world }: Case) => Layer.provideMerge(more, fakes(world))

const encode = Schema.encode(Schema.parseJson(RunReport))
const decode = Schema.decode(Schema.parseJson(RunReport))

const errorTag = ({ end }: RunReport): string | undefined => ("error" in end ? end.error._tag : undefined)

describe("a run says how it ended", () => {
  for (const [what, each] of Object.entries(cases)) {
    it.effect(`${each.end}, if it ${what}; its error is data, which JSON keeps`, () =>
      Effect.gen(function* () {
        const report = yield* nightlyRun(options)
        assert.deepStrictEqual([report.end._tag, errorTag(report), report.exit], [each.end, each.error, each.exit])
        if (each.text !== undefined) assert.strictEqual(report.error, each.text)
        const read = yield* decode(yield* encode(report))
        assert.deepStrictEqual([read.end._tag, errorTag(read)], [each.end, each.error])
        if ("error" in report.end && "error" in read.end) {
          assert.strictEqual(read.end.error.message, report.end.error.message)
        }
        const [facts] = yield* Effect.flatMap(JournalQueries, (queries) => queries.runs({ last: 1 }))
        if (each.error === "JournalFailed") return
        assert.deepStrictEqual([facts?.end, facts?.exit], [each.end, each.exit])
        assert.strictEqual((yield* (yield* Journal).report(report.run))?.end._tag, each.end)
      }).pipe(Effect.provide(worldOf(each)))
    )

    it.effect(`nightlyRunOrFail ${each.error ?? "succeeds"}, if it ${what}`, () =>
      Effect.gen(function* () {
        const ended = yield* Effect.either(nightlyRunOrFail(options))
        assert.strictEqual(Either.isLeft(ended) ? ended.left._tag : undefined, each.error)
      }).pipe(Effect.provide(worldOf(each)))
    )
  }

  it.effect("locked, if another run is active; that is no error of the run itself", () =>
    inWorld(
      lockedWorld,
      Effect.gen(function* () {
        const report = yield* nightlyRun(options)
        assert.deepStrictEqual(
          [report.end._tag, report.exit, report.error],
          ["locked", 0, "another run is active (process 42)"]
        )
        const caught = yield* nightlyRunOrFail(options).pipe(
          Effect.as("done"),
          Effect.catchTag("RunLocked", ({ holder }) => Effect.succeed(holder))
        )
        assert.strictEqual(caught, "process 42")
      })
    )
  )

  it.effect("a program that composes catches the tracker's failure by its tag", () =>
    nightlyRunOrFail(options).pipe(
      Effect.as("done"),
      Effect.catchTag("TrackerFailed", ({ operation, reason }) => Effect.succeed(`${operation} ${reason}`)),
      Effect.tap((caught) => Effect.sync(() => assert.strictEqual(caught, "show refused"))),
      Effect.provide(fakes({ beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] } }))
    )
  )

  it.effect("an interruption stays an interruption", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").hangs()] } },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(nightlyRunOrFail(options))
        yield* Effect.yieldNow().pipe(Effect.repeatN(200))
        const exit = yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause))
      })
    )
  )

  /** The ends that the events of this program tell of, once the second bug's re-read hangs and the program is interrupted. */
  const endsOfInterrupted = (program: Effect.Effect<RunReport, RunFailure, RunServices>, world: World) =>
    Effect.gen(function* () {
      const ends: Array<RunReport> = []
      const sink = eventSink(({ event }) =>
        Effect.sync(() => (event._tag === "RunEnded" ? void ends.push(event.report) : undefined))
      )
      const { lines } = yield* withLog(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.provide(program, sink))
          yield* Effect.yieldNow().pipe(Effect.repeatN(500))
          assert.isEmpty(ends)
          yield* Fiber.interrupt(fiber)
        })
      )
      return { ends, lines }
    }).pipe(Effect.provide(fakes(world)))

  const secondHangs: World = {
    settings: { limits: { maxParallel: 1 } },
    beads: {
      issues: [
        { id: "bd-1", priority: 0, title: "a" },
        { id: "bd-2", priority: 1, title: "b" }
      ],
      faults: [FakeBeads.on("claim", "bd-2").hangs()]
    }
  }

  it.effect("interrupted, as its last event tells once the rollback is over, with the bugs that it dispatched", () =>
    Effect.gen(function* () {
      const {
        ends: [report, ...more],
        lines
      } = yield* endsOfInterrupted(nightlyRunOrFail(options), secondHangs)
      assert.isEmpty(more)
      assert.deepStrictEqual(
        [report?.end, report?.exit, report?.error],
        [{ _tag: "interrupted" }, 130, "the run was interrupted"]
      )
      assert.deepStrictEqual([report?.chosen, report?.dispatched, report?.failed], [2, 1, 0])
      assert.isFalse(lines.some((line) => line.startsWith("RUN_SUMMARY")))
      assert(report !== undefined)
      assert.deepStrictEqual((yield* decode(yield* encode(report))).end, { _tag: "interrupted" })
    })
  )

  it("a report of an earlier version does not say it", () => {
    const encoded = {
      run: options.run,
      startedAt: "2026-11-22T03:00:00.000Z",
      dryRun: false,
      backends: { beads: "", runner: "", workspace: "" },
      fetched: 0,
      chosen: 0,
      dispatched: 0,
      failed: 0,
      skipped: 0,
      settled: 0,
      exit: 4,
      durationMs: 1,
      providers: [],
      outcomes: []
    }
    const report = Schema.decodeUnknownSync(RunReport)(encoded)
    assert.deepStrictEqual([report.end, report.exit], [{ _tag: "unknown" }, 4])
  })
})
