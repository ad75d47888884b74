import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect } from "effect"
import { vi } from "vitest"
import type { Tag } from "../../../src/testing/contract/attempts.ts"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { STEPS } from "../../contract/attempts.ts"
import { beadsId } from "../../contract/support.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { processAt, twoHosts, type Process } from "./fleetWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

const BUG = beadsId("bd-1")
const TO_START: ReadonlyArray<Tag> = ["Claimed", "WorkspaceMade", "Prompted", "Starting", "Launching"]

/** Opens the n-th attempt of the host at the bug, and takes these steps. */
const begun = ({ intent, journal }: Process, n: number, way: ReadonlyArray<Tag> = [], beads = BUG) =>
  Effect.gen(function* () {
    const { actor } = yield* journal.intend(intent(n, beads))
    for (const tag of way) yield* journal.advance(actor, STEPS[tag])
    return actor
  })

/** The call is refused by the fence, and says this. */
const fenced = Effect.fnUntraced(function* <A>(call: Effect.Effect<A, JournalFailed>, says: RegExp) {
  const { message, reason } = yield* Effect.flip(call)
  assert.strictEqual(reason, "fenced", message)
  assert.match(message, says)
})

/** What is in the row of every attempt, but for the times by which hosts are kept apart. */
const ROWS = "SELECT actor, phase, attempt FROM attempts ORDER BY actor"

onPostgres("the fence between hosts that share a journal", (server) => {
  it.scopedLive("at most one host has an open attempt at a bug, however many try at once", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      for (const n of Arr.range(1, 15)) {
        const beads = beadsId(`bd-${n}`)
        const tries = [one, two, one, two].map(({ intent, journal }, each) =>
          journal.intend(intent(10 * n + each, beads))
        )
        const [refused, opened] = Arr.separate(
          yield* Effect.forEach(tries, Effect.either, { concurrency: "unbounded" })
        )
        assert.lengthOf(opened, 1)
        for (const { message, reason } of refused) {
          assert.strictEqual(reason, "taken", message)
          assert.match(message, new RegExp(`${beads} has an open attempt already`))
        }
      }
      assert.strictEqual(sql("SELECT count(*), count(DISTINCT beads) FROM attempts"), "15|15")
    })
  )

  it.scopedLive("the database itself refuses a second one", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      yield* begun(one, 1)
      const actor = yield* begun(two, 2, [], beadsId("bd-2"))
      assert.throws(() => sql(`UPDATE attempts SET beads = 'bd-1' WHERE actor = '${actor}'`), /one_open_attempt/)
    })
  )

  it.scopedLive("a bug whose attempt is settled is open to every host; it is not reopened beside another's", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed", "Settled"])
      yield* begun(two, 2)
      assert.strictEqual((yield* Effect.flip(one.journal.reopen(actor))).reason, "taken")
    })
  )

  it.scopedLive(
    "no step goes before an outside effect once the fence cannot hold it; what has happened is written all the same",
    () =>
      Effect.gen(function* () {
        const { one, sql } = yield* twoHosts(server)
        for (const [n, tag] of TO_START.entries()) {
          const beads = beadsId(`bd-${n}`)
          const actor = yield* begun(one, n + 1, TO_START.slice(0, n), beads)
          // Less than any outside effect may take.
          sql(`UPDATE attempts SET fence_until = now() + interval '1 second' WHERE actor = '${actor}'`)
          const before = sql(ROWS)
          yield* fenced(one.journal.advance(actor, STEPS[tag]), new RegExp(`took no step for more than .*${tag}`))
          assert.strictEqual(sql(ROWS), before)
          yield* one.journal.advance(actor, STEPS.Acknowledged)
          yield* one.journal.advance(actor, STEPS.Settled)
        }
      })
  )

  it.scopedLive("each step gives a healthy dispatch its whole time again", () =>
    Effect.gen(function* () {
      const { one, sql } = yield* twoHosts(server)
      const actor = yield* begun(one, 1)
      for (const tag of TO_START) {
        sql(`UPDATE attempts SET fence_until = now() + interval '150 seconds'`)
        yield* one.journal.advance(actor, STEPS[tag])
        assert.strictEqual(sql("SELECT fence_until > now() + interval '200 seconds' FROM attempts"), "t")
      }
    })
  )

  it.scopedLive("an evicted host writes nothing more: no run, no attempt, no step, no end", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed"])
      const { mark } = one.journal.identity
      assert.deepInclude(yield* two.fleet.evict(mark, "its disk failed"), { mark, name: "vm-1", state: "active" })
      const before = sql(ROWS)
      const says = /this host \(vm-1\) was evicted: its disk failed.*hosts admit vm-1$/
      const { run } = one.intent(9)
      const later = yield* processAt(one.place)
      for (const { intent, journal } of [one, later]) {
        yield* fenced(journal.begin({ run, host: "vm-1", at: 1 }), says)
        yield* fenced(journal.intend(intent(9, beadsId("bd-9"))), says)
        for (const tag of ["WorkspaceMade", "Acknowledged", "Ending", "Settled"] as const) {
          yield* fenced(journal.advance(actor, STEPS[tag]), says)
        }
      }
      assert.strictEqual(sql(ROWS), before)
    })
  )

  it.scopedLive("a process of an earlier epoch is refused, also once its host works again", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed"])
      const { mark } = one.journal.identity
      yield* two.fleet.evict(mark, "frozen")
      assert.deepInclude(yield* two.fleet.admit(mark), { state: "evicted", reason: "frozen", epoch: 2 })
      const later = yield* processAt(one.place)
      yield* begun(later, 2, ["Claimed"], beadsId("bd-2"))
      yield* fenced(
        one.journal.advance(actor, STEPS.WorkspaceMade),
        /was evicted after this process began, and admitted again/
      )
      yield* fenced(later.journal.advance(actor, STEPS.WorkspaceMade), /may go no further/)
      // It sees the job, if there is one, so it may settle what it began before.
      yield* later.journal.advance(actor, STEPS.Settled)
    })
  )

  it.scopedLive("another host's attempt is written by no one else before its time is over", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, [...TO_START, "Acknowledged"])
      const theirs = /another host's, which has time left to settle it/
      yield* fenced(two.journal.advance(actor, STEPS.Settled), theirs)
      sql(`UPDATE attempts SET fence_until = now() - interval '1 second'`)
      yield* fenced(two.journal.advance(actor, STEPS.Settled), theirs)
      sql(`UPDATE attempts SET held_until = now() - interval '1 second'`)
      yield* two.journal.advance(actor, STEPS.Ending)
      yield* two.journal.advance(actor, STEPS.Settled)
    })
  )

  it.scopedLive("an eviction frees what the host began, once its last step outside is certainly over", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed"])
      yield* two.fleet.evict(one.journal.identity.mark, "gone")
      yield* fenced(two.journal.advance(actor, STEPS.Settled), /which has time left/)
      sql(`UPDATE attempts SET fence_until = now() - interval '1 second'`)
      yield* two.journal.advance(actor, STEPS.Settled)
    })
  )

  it.scopedLive("an attempt of a journal that was in SQLite has no host, and its own dispatcher settles it", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed"])
      sql("UPDATE attempts SET host = NULL, epoch = NULL, fence_until = NULL, held_until = NULL")
      assert.deepInclude(yield* two.fleet.tenure(actor), { _tag: "Theirs", left: undefined })
      yield* one.journal.advance(actor, STEPS.Settled)
    })
  )

  it.scopedLive("such an attempt is free too once its host is evicted and has had time to end its job", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const actor = yield* begun(one, 1, ["Claimed"])
      sql("UPDATE attempts SET host = NULL, epoch = NULL, fence_until = NULL, held_until = NULL")
      yield* two.fleet.evict(one.journal.identity.mark, "gone")
      const theirs = yield* two.fleet.tenure(actor)
      assert(theirs._tag === "Theirs")
      assert.isAbove(theirs.left ?? 0, 60_000)
      sql(`UPDATE attempts SET fence_until = now() - interval '1 second'`)
      assert.strictEqual((yield* two.fleet.tenure(actor))._tag, "Free")
      yield* two.journal.advance(actor, STEPS.Settled)
    })
  )
})
