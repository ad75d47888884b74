import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Logger, LogLevel, TestClock } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { BeadsCli, type Beads } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { stopsRun } from "../../../src/domain/Blame.ts"
import { TrackerFailed, type ClaimFailed } from "../../../src/domain/Failure.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { beadsId } from "../../contract/support.ts"
import { call } from "../../fixtures/bd/main.js"
import { bdWorld, scratch, type BdWorld, type BdWorldOptions, type Version } from "./bdWorld.ts"

const ID = beadsId("bd-a")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }
const held: SeedIssue = { ...bug, status: "in_progress", assignee: ours }
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const quiet = Logger.withMinimumLogLevel(LogLevel.None)

type Failure = ClaimFailed | TrackerFailed

const failureOf = <A>(effect: Effect.Effect<A, Failure>) =>
  Effect.map(Effect.either(quiet(effect)), (result) => {
    assert(Either.isLeft(result) && result.left instanceof TrackerFailed, JSON.stringify(result))
    return result.left
  })

/** Like `failureOf`, for a fault of the store: each next bug would fail the same way. */
const storeFailureOf = <A>(effect: Effect.Effect<A, Failure>) =>
  Effect.tap(failureOf(effect), (failure) => assert.isTrue(stopsRun(failure), failure.message))

const on = (
  version: Version,
  seed: SeedIssue,
  options: BdWorldOptions,
  body: (beads: Beads, world: BdWorld) => Effect.Effect<void, Failure>
) =>
  Effect.flatMap(bdWorld(version, [seed], options), (world) =>
    Effect.flatMap(BeadsCli, (beads) => body(beads, world)).pipe(Effect.provide(world.layer))
  )

/** Every operation that calls bd on the store. */
const operations: Record<string, (beads: Beads) => Effect.Effect<unknown, Failure>> = {
  openBugs: (beads) => beads.openBugs(bugs),
  show: (beads) => beads.show(ID),
  claimsOf: (beads) => beads.claimsOf("nightly-dispatch/"),
  claim: (beads) => beads.claim(ID, ours),
  release: (beads) => beads.release(ID, ours),
  heartbeat: (beads) => beads.heartbeat(ID, ours),
  label: (beads) => beads.label(ID, ours, "x"),
  comment: (beads) => beads.comment(ID, ours, "text")
}

describe("a store that is older than bd", () => {
  for (const [name, operation] of Object.entries(operations)) {
    it.scopedLive(`${name} fails with migration, and changes nothing`, () =>
      on("1.2.1", held, { schema: 53 }, (beads, world) =>
        Effect.gen(function* () {
          const failure = yield* storeFailureOf(operation(beads))
          assert.strictEqual(failure.reason, "migration")
          assert.match(failure.message, /: bd 1\.2\.1 would migrate the store from v53 to v66, .* bd migrate schema/)
          assert.include(failure.next, "beads.allowMigration: true")
          assert.strictEqual(world.schema(), 53)
          assert.deepStrictEqual(world.changes(), [])
        })
      )
    )
  }

  it.scopedLive("a bd that is replaced in the midst of a process migrates nothing either", () =>
    Effect.gen(function* () {
      const executable = path.join(yield* scratch, "bd")
      fs.writeFileSync(executable, "\u007fELF and so on")
      const world = yield* bdWorld("1.0.3", [held], { schema: 53, executable })
      let version = "1.0.3"
      const layer = world.layerOn((args, env) => Effect.sync(() => call(args, { ...env, FAKE_BD_VERSION: version })))
      yield* Effect.flatMap(BeadsCli, (beads) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* beads.leases, "none")
          assert.strictEqual((yield* beads.heartbeat(ID, ours))._tag, "Alive")
          version = "1.2.1"
          fs.appendFileSync(executable, "newer")
          assert.strictEqual(yield* beads.leases, "renewable", "its capabilities are asked for again")
          assert.strictEqual((yield* storeFailureOf(beads.heartbeat(ID, ours))).reason, "migration")
        })
      ).pipe(Effect.provide(layer))
      assert.strictEqual(world.schema(), 53)
    })
  )

  it.scopedLive("with consent it is migrated once, and every operation works", () =>
    Effect.gen(function* () {
      const migrationLog = path.join(yield* scratch, "bd-migration.log")
      yield* on("1.2.1", bug, { schema: 53, migrationLog }, (beads, world) =>
        Effect.gen(function* () {
          yield* Effect.all([beads.show(ID), beads.openBugs(bugs), beads.claimsOf("x")], { concurrency: "unbounded" })
          yield* beads.claim(ID, ours)
          assert.strictEqual(world.schema(), 66)
          assert.lengthOf(
            world.calls().filter((call) => call === "migrate schema"),
            1
          )
          assert.include(fs.readFileSync(migrationLog, "utf8"), "v66")
        })
      ).pipe(quiet)
    })
  )

  it.scoped("a migration that does not end is left alone and named", () =>
    Effect.gen(function* () {
      const migrationLog = path.join(yield* scratch, "bd-migration.log")
      const world = yield* bdWorld("1.2.1", [bug], { schema: 53, migrationLog, migrationEnds: "never" })
      const shown = yield* Effect.flatMap(BeadsCli, (beads) => storeFailureOf(beads.show(ID))).pipe(
        Effect.provide(world.layer),
        Effect.fork
      )
      // The fake's files are read in real time.
      yield* Effect.repeatN(
        Effect.zipRight(
          TestClock.adjust("30 seconds"),
          Effect.promise(() => setTimeout(20))
        ),
        15
      )
      const failure = yield* Fiber.join(shown)
      assert.strictEqual(failure.reason, "migration")
      assert.include(failure.detail, `pid 4711, log ${migrationLog}`)
    })
  )

  it.scopedLive("a migration that bd refuses is named with its log", () =>
    Effect.gen(function* () {
      const migrationLog = path.join(yield* scratch, "bd-migration.log")
      yield* on("1.2.1", bug, { schema: 53, migrationLog, fault: "migrate=exit:1" }, (beads) =>
        Effect.map(storeFailureOf(beads.show(ID)), (failure) => {
          assert.strictEqual(failure.reason, "migration")
          assert.strictEqual(failure.next, `See ${migrationLog}`)
        })
      )
    })
  )
})

describe("a store that is newer than bd", () => {
  it.scopedLive("fails with migration and the advice to upgrade", () =>
    on("1.0.3", bug, { schema: 66 }, (beads) =>
      Effect.map(storeFailureOf(beads.openBugs(bugs)), (failure) => {
        assert.strictEqual(failure.reason, "migration")
        assert.match(failure.message, /: bd 1\.0\.3 knows stores up to v53, .* to v66\. Upgrade bd/)
      })
    )
  )
})

describe("a frozen store", () => {
  const freeze = ({ dir }: BdWorld) => {
    const marker = path.join(path.dirname(dir), "MIGRATION-FREEZE")
    fs.writeFileSync(marker, "")
    return marker
  }

  it.scopedLive("can be read", () =>
    on("1.2.1", bug, {}, (beads, world) =>
      Effect.gen(function* () {
        freeze(world)
        assert.lengthOf((yield* beads.openBugs(bugs)).issues, 1)
      })
    )
  )

  const refused = Object.entries(operations).filter(([name]) => !["openBugs", "show", "claimsOf"].includes(name))
  for (const [name, operation] of refused) {
    it.scopedLive(`${name} fails with frozen and names the marker`, () =>
      on("1.2.1", name === "claim" ? bug : held, {}, (beads, world) =>
        Effect.gen(function* () {
          const marker = freeze(world)
          const before = world.row("bd-a")
          const failure = yield* storeFailureOf(operation(beads))
          assert.strictEqual(failure.reason, "frozen")
          assert.match(failure.detail, /workspace is frozen for migration/)
          assert.include(failure.next, `remove ${marker}`)
          assert.deepStrictEqual(world.row("bd-a"), before)
        })
      )
    )
  }
})

describe("a fault of one read", () => {
  const faults = [
    'ambiguous issue ID: "bd-a" matches 2 issues: [bd-a1 bd-a2]',
    "get issue: Error 1105 (HY000): database is locked",
    "get issue: context canceled"
  ]
  for (const fault of faults) {
    it.scopedLive(`${fault}: neither show nor release takes the bug for missing`, () =>
      on("1.2.1", held, { fault: `show=unfetched:${fault}` }, (beads, world) =>
        Effect.gen(function* () {
          assert.include((yield* failureOf(beads.show(ID))).detail, fault)
          assert.include((yield* failureOf(beads.release(ID, ours))).detail, fault)
          assert.deepInclude(world.row("bd-a"), { status: "in_progress", assignee: String(ours) })
        })
      )
    )
  }
})
