import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { Mark } from "../../../src/domain/Identity.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { processAt, twoHosts } from "./fleetWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

onPostgres("the hosts that share a journal", (server) => {
  it.scopedLive("each is there as soon as a process of it has opened the journal, once", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      yield* processAt(one.place)
      for (const { fleet } of [one, two]) {
        const hosts = yield* fleet.hosts
        assert.deepStrictEqual(
          hosts.map(({ epoch, mark, name, state, tags }) => ({ epoch, mark, name, state, tags })),
          [one, two].map(({ journal, place }) => ({
            epoch: 1,
            mark: journal.identity.mark,
            name: place.host ?? "",
            state: "active" as const,
            tags: []
          }))
        )
      }
      assert.deepStrictEqual([...(yield* one.fleet.others)], [two.journal.identity.mark])
    })
  )

  it.scopedLive("when a host was seen is told by the database's clock", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      sql("UPDATE hosts SET seen = now() - interval '1 hour'")
      yield* one.fleet.seen({ jobs: 3, perRun: 9 })
      const [first, second] = yield* two.fleet.hosts
      assert.deepInclude(first, { name: "vm-1", freePlaces: 3 })
      assert.isBelow(first?.seenAgo ?? Infinity, 60_000)
      assert.isAtLeast(second?.seenAgo ?? 0, 3_600_000)
      assert.isUndefined(second?.freePlaces)
    })
  )

  it.scopedLive("have as many free places as their open attempts leave, and no more than they take in one run", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      yield* one.fleet.seen({ jobs: 2, perRun: 3 })
      yield* two.fleet.seen({ jobs: 8, perRun: 3 })
      yield* two.fleet.seen()
      yield* one.journal.intend(one.intent(1))
      assert.deepStrictEqual(
        (yield* two.fleet.hosts).map(({ freePlaces }) => freePlaces),
        [1, 3]
      )
    })
  )

  it.scopedLive("whose an open attempt is, and until when", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const { actor } = yield* one.journal.intend(one.intent(1))
      assert.deepStrictEqual(yield* one.fleet.tenure(actor), { _tag: "Ours" })
      const theirs = yield* two.fleet.tenure(actor)
      assert(theirs._tag === "Theirs")
      assert.strictEqual(theirs.host, "vm-1")
      assert.isAbove(theirs.left ?? 0, 2 * 3_600_000, "at least as long as a job may run")
      sql("UPDATE attempts SET held_until = now() - interval '1 second'")
      assert.deepStrictEqual(yield* two.fleet.tenure(actor), {
        _tag: "Free",
        host: "vm-1",
        why: "the time of vm-1 for it is over"
      })
      const stranger = Actor.make(actor.replace(one.journal.identity.mark, "f".repeat(32)))
      assert.deepStrictEqual(yield* two.fleet.tenure(stranger), { _tag: "Ours" }, "no host of the fleet made it")
    })
  )

  it.scopedLive("after an eviction what the host began is free once its last step outside is over", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const { actor } = yield* one.journal.intend(one.intent(1))
      yield* two.fleet.evict(one.journal.identity.mark, "its disk failed")
      const soon = yield* two.fleet.tenure(actor)
      assert(soon._tag === "Theirs")
      assert.isBelow(soon.left ?? Infinity, 3_600_000)
      sql("UPDATE attempts SET fence_until = now() - interval '1 second'")
      assert.deepStrictEqual(yield* two.fleet.tenure(actor), {
        _tag: "Free",
        host: "vm-1",
        why: "vm-1 was evicted: its disk failed"
      })
      const [host] = yield* two.fleet.hosts
      assert.deepInclude(host, { state: "evicted", epoch: 2, reason: "its disk failed" })
      yield* two.fleet.evict(one.journal.identity.mark, "again")
      assert.deepInclude((yield* two.fleet.hosts)[0], { epoch: 2, reason: "its disk failed" })
      assert.isUndefined(yield* two.fleet.evict(Mark.make("f".repeat(32)), "no such host"))
    })
  )

  it.scopedLive("what a host began, and when others would settle it: an evicted one has time to end its jobs", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const { mark } = one.journal.identity
      const { actor } = yield* one.journal.intend(one.intent(1))
      sql("UPDATE attempts SET fence_until = now() - interval '1 hour'")
      assert.deepInclude((yield* two.fleet.hosts)[0], { open: 1, othersSettleIn: 120_000 })
      assert.deepInclude((yield* two.fleet.hosts)[1], { open: 0, othersSettleIn: 0 })
      yield* two.fleet.evict(mark, "its disk failed")
      assert.strictEqual((yield* two.fleet.tenure(actor))._tag, "Theirs")
      const [evicted] = yield* two.fleet.hosts
      assert.isAtMost(evicted?.othersSettleIn ?? Infinity, 120_000)
      assert.isAbove(evicted?.othersSettleIn ?? 0, 60_000)
      sql("UPDATE attempts SET fence_until = now() - interval '1 hour'")
      yield* two.fleet.evict(mark, "again")
      assert.deepInclude((yield* two.fleet.hosts)[0], { othersSettleIn: 0 })
    })
  )

  it.scopedLive("a host learns that it was evicted, and a process from before that it was admitted again", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      const { mark } = one.journal.identity
      assert.isUndefined(yield* one.fleet.evicted)
      assert.isUndefined(yield* two.fleet.admit(Mark.make("f".repeat(32))), "there is no such host")
      yield* two.fleet.evict(mark, "its disk failed")
      const eviction = { host: "vm-1", reason: "its disk failed", isAdmitted: false }
      assert.deepStrictEqual(yield* one.fleet.evicted, eviction)
      assert.deepStrictEqual(yield* (yield* processAt(one.place)).fleet.evicted, eviction)
      assert.isUndefined(yield* two.fleet.evicted)
      yield* two.fleet.admit(mark)
      assert.deepStrictEqual(yield* one.fleet.evicted, { host: "vm-1", reason: undefined, isAdmitted: true })
      assert.isUndefined(yield* (yield* processAt(one.place)).fleet.evicted)
      const [host] = yield* two.fleet.hosts
      assert.deepInclude(host, { state: "active", epoch: 2 })
      assert.isUndefined(host?.reason)
    })
  )

  it.scopedLive("which hosts are paused: one by its own pause, or all; an evicted one is evicted", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoHosts(server)
      const states = Effect.map(two.fleet.hosts, (all) => all.map(({ state }) => state))
      const { mark } = one.journal.identity
      const pause = { at: 1, reason: "its disk is full", by: "op@vm-2" }
      yield* two.journal.pause({ ...pause, covers: { mark, name: "vm-1" } })
      assert.deepStrictEqual(yield* states, ["paused", "active"])
      assert.deepInclude((yield* two.fleet.hosts)[0]?.paused, pause)
      assert.isDefined(yield* one.journal.paused)
      assert.isUndefined(yield* two.journal.paused)
      yield* one.journal.pause({ ...pause, covers: "fleet" })
      assert.deepStrictEqual(yield* states, ["paused", "paused"])
      yield* two.fleet.evict(mark, "its disk failed")
      assert.deepStrictEqual(yield* states, ["evicted", "paused"])
    })
  )
})
