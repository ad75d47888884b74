import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import * as fs from "node:fs"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Attempt, type AttemptPhase } from "../../../src/domain/Attempt.ts"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Dispatched, Outcome } from "../../../src/domain/Outcome.ts"
import { ProviderCheck, RunReport } from "../../../src/domain/RunReport.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { fakeAttempt, type FakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { intentOf, opencode, RUN, STEPS } from "../../contract/attempts.ts"
import { database, ofVersion, once, query, read, scratch, stateDirectory, viewingIn } from "./journalWorld.ts"

const ALWAYS = { since: 0 }

type Calls = ReadonlyArray<Effect.Effect<unknown, JournalFailed>>

/** The queries on the journal in this state directory, and its journal. */
const viewed = (directory: string, tracker?: string) =>
  Effect.map(Layer.build(viewingIn(directory, tracker)), (services) => ({
    journal: Context.get(services, Journal),
    queries: Context.get(services, JournalQueries)
  }))

/** A database of the version before the views, with these statements. */
const versionFive = Effect.fn("versionFive")(function* (...statements: ReadonlyArray<string>) {
  const directory = yield* ofVersion(5)
  yield* query(directory, "SELECT 1", ...statements)
  return directory
})

const quoted = (record: unknown) => `'${JSON.stringify(record).replaceAll("'", "''")}'`

describe("a journal of the version before the views", () => {
  const ack = Ack.make({ beads: BeadsId.make("bd-1"), provider: opencode, how: "started" })
  const succeeded: FakeAttempt = { ack, end: "succeeded", blame: undefined }
  const ends: ReadonlyArray<FakeAttempt> = [
    succeeded,
    { ack, end: "unverified", blame: "host" },
    { ack, end: "unverified", blame: undefined },
    { ack, end: "unverified", blame: "issue" },
    { end: "failed", blame: "issue" }
  ]
  const actorOf = (n: number) => Actor.make(`nightly-dispatch/vm-1/${RUN}/${n}`)
  const insertAttempt = (n: number, attempt: Attempt) => `INSERT INTO attempts
    (actor, run, beads, phase, began, changed, attempt) VALUES ('${actorOf(n)}', '${RUN}', '${attempt.beads}',
    '${attempt.phase}', ${n}, ${n}, ${quoted(Schema.encodeSync(Attempt)(attempt))})`
  const attemptAt = (n: number, phase: AttemptPhase, changes: FakeAttempt = {}) => {
    const beads = BeadsId.make(`bd-${n}`)
    return fakeAttempt(phase, { beads, actor: actorOf(n), ...changes })
  }
  const attempts = [
    ...ends.map((ending, n) => attemptAt(n, "settled", ending)),
    attemptAt(5, "settled", { ...succeeded, cleared: true }),
    attemptAt(6, "acknowledged"),
    attemptAt(7, "claimed")
  ]
  const passedOver = [
    { provider: opencode, code: "preflight_failed", reason: "no quota", capacity: false, durationMs: 1 } as const
  ]
  const outcomes = [[], passedOver].map(
    (passedOver) =>
      new Dispatched({ beads: BeadsId.make("bd-1"), provider: opencode, durationMs: 1, how: "started", passedOver })
  )
  const check = { provider: opencode, available: false, detail: "it's down", lines: [], durationMs: 1 }
  const report = new RunReport({
    run: RUN,
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun: false,
    backends: { beads: "b", runner: "r", workspace: "w" },
    fetched: 4,
    chosen: 3,
    dispatched: 2,
    failed: 1,
    skipped: 1,
    settled: 0,
    exit: 4,
    durationMs: 1,
    error: "the tracker is down",
    providers: [],
    outcomes: []
  })
  const rows = [
    ...attempts.map((attempt, n) => insertAttempt(n, attempt)),
    `INSERT INTO runs (run, host, began, ended, exit, number, report)
      VALUES ('${RUN}', 'vm-1', 5, 6, 4, 1, ${quoted(Schema.encodeSync(RunReport)(report))})`,
    "INSERT INTO runs (run, host, began, number) VALUES ('20261122T040000Z-4f2a91c7d0', 'vm-1', 7, 2)",
    ...outcomes.map(
      (outcome) => `INSERT INTO outcomes (run, beads, tag, outcome)
        VALUES ('${RUN}', 'bd-1', 'Dispatched', ${quoted(Schema.encodeSync(Outcome)(outcome))})`
    ),
    `INSERT INTO skips (beads, since, outcome)
      VALUES ('bd-1', 1, '{"_tag":"Skipped","beads":"bd-1","reason":"blocked","detail":"why"}')`,
    `INSERT INTO provider_checks (run, provider, available, "check")
      VALUES ('${RUN}', 'opencode', 0, ${quoted(Schema.encodeSync(ProviderCheck)(check))})`
  ]

  it.scopedLive("is brought up to date by a run: the queries find what it wrote", () =>
    Effect.gen(function* () {
      const directory = yield* versionFive(...rows)
      yield* once(directory, () => Effect.void)
      const { queries } = yield* viewed(directory)
      const bugs = (facts: ReadonlyArray<{ readonly beads: string }>) => facts.map(({ beads }) => beads)
      assert.deepStrictEqual(bugs(yield* queries.ended(ALWAYS)), ["bd-0", "bd-1", "bd-2", "bd-3", "bd-5"])
      assert.deepStrictEqual(bugs(yield* queries.waiting(ALWAYS)), ["bd-0", "bd-1", "bd-2"])
      assert.deepStrictEqual(bugs(yield* queries.open), ["bd-6", "bd-7"])
      assert.deepInclude((yield* queries.runs(ALWAYS))[1], {
        exit: 4,
        fetched: 4,
        dispatched: 2,
        failed: 1,
        error: "the tracker is down"
      })
      assert.deepStrictEqual(yield* queries.fallbacks(ALWAYS), new Map([[opencode, 1]]))
      assert.deepStrictEqual(yield* queries.refusals(ALWAYS), [{ provider: opencode, detail: "it's down", runs: 1 }])
      assert.strictEqual((yield* queries.outcomesOf("bd-1", 9)).length, 3)
    })
  )

  it.scopedLive("is not empty for a reader: each method says that a run brings it up to date", () =>
    Effect.gen(function* () {
      const directory = yield* versionFive(...rows)
      const { journal, queries } = yield* viewed(directory)
      const calls: Calls = [queries.runs(ALWAYS), queries.open, journal.open, journal.report(RUN)]
      for (const call of calls) {
        const error = yield* Effect.flip(Effect.asVoid(call))
        assert.match(error.message, /earlier version made it \(schema 5\).*nightly-dispatch run.*brings it up to date/)
      }
      assert.include(yield* Effect.flip(Effect.scoped(read(directory))), { _tag: "JournalFailed", reason: "unusable" })
    })
  )
})

describe("the journal of a command that shows it", () => {
  const made = Effect.tap(stateDirectory, (directory) =>
    once(directory, (journal) => Effect.zipRight(journal.intend(intentOf(1)), journal.intend(intentOf(2))))
  )

  /** Each method fails with this reason and these words. */
  const failsWith = Effect.fn("failsWith")(function* (
    directory: string,
    reason: JournalFailed["reason"],
    words: RegExp,
    tracker?: string
  ) {
    const { journal, queries } = yield* viewed(directory, tracker)
    const calls: Calls = [
      queries.runs(ALWAYS),
      queries.ended(ALWAYS),
      queries.endedJobs(ALWAYS),
      queries.open,
      queries.attemptsOf(intentOf(1).beads),
      queries.waiting(ALWAYS),
      queries.steps(intentOf(1).actor),
      queries.outcomesOf("bd-1", 1),
      queries.checks,
      queries.refusals(ALWAYS),
      queries.fallbacks(ALWAYS),
      queries.bugs,
      queries.decisions(ALWAYS),
      journal.version,
      journal.open,
      journal.since(0),
      journal.of(intentOf(1).beads),
      journal.report(RUN),
      journal.find(intentOf(1).actor),
      journal.retries,
      journal.notices,
      journal.unreported,
      journal.pruned,
      journal.clear(intentOf(1).beads),
      journal.advance(intentOf(1).actor, STEPS.Claimed)
    ]
    for (const call of calls) {
      const error = yield* Effect.flip(Effect.asVoid(call))
      assert.include(error, { _tag: "JournalFailed", reason })
      assert.match(error.message, words)
      assert.notInclude(error.message, "\n")
    }
  })

  it.scopedLive("has no rows if there is none, and makes none", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const { journal, queries } = yield* viewed(directory)
      assert.deepStrictEqual(
        [...(yield* queries.runs({ last: 1 })), ...(yield* queries.open), ...(yield* journal.open)],
        []
      )
      assert.isFalse(fs.existsSync(directory))
    })
  )

  it.scopedLive("that is no database: each method fails with corrupt", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      fs.writeFileSync(database(directory), "no database\n".repeat(1_000))
      yield* failsWith(directory, "corrupt", /it is damaged.*Move it away/)
    })
  )

  it.scopedLive("of a later version: each method fails with newer", () =>
    Effect.gen(function* () {
      const directory = yield* made
      yield* query(directory, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (99, 'of_tomorrow')")
      yield* failsWith(directory, "newer", /99.*Use that version/)
    })
  )

  it.scopedLive("of another tracker: each method says which one it serves", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const identity = `${directory}/identity.json`
      const record = JSON.parse(fs.readFileSync(identity, "utf8"))
      fs.writeFileSync(identity, JSON.stringify({ ...record, trackers: ["/home/op/api/.beads"] }))
      yield* failsWith(directory, "unusable", /serves the tracker \/home\/op\/api\/.beads, not \/x/, "/x")
    })
  )

  it.scopedLive("with a damaged page: what reads it fails with corrupt, the rest answers", () =>
    Effect.gen(function* () {
      const directory = yield* made
      yield* query(directory, "PRAGMA wal_checkpoint(TRUNCATE)")
      const [root] = yield* query(directory, "SELECT rootpage FROM sqlite_master WHERE name = 'attempts'")
      const file = database(directory)
      const [bytes, page] = [fs.readFileSync(file), Number(root?.["rootpage"])]
      fs.writeFileSync(file, bytes.fill(0xff, (page - 1) * 4096, page * 4096))
      const { queries } = yield* viewed(directory)
      assert.deepStrictEqual(yield* queries.runs({ last: 1 }), [])
      assert.include(yield* Effect.flip(queries.attemptsOf(intentOf(1).beads)), {
        _tag: "JournalFailed",
        reason: "corrupt"
      })
    })
  )

  it.scopedLive("with a record that cannot be decoded: only what shows it fails with corrupt", () =>
    Effect.gen(function* () {
      const directory = yield* made
      yield* query(directory, "UPDATE attempts SET attempt = replace(attempt, 'bd-1', '!') WHERE rowid = 1")
      const { queries } = yield* viewed(directory)
      assert.include(yield* Effect.flip(queries.open), { _tag: "JournalFailed", reason: "corrupt" })
      assert.deepStrictEqual(yield* queries.ended(ALWAYS), [])
    })
  )
})
