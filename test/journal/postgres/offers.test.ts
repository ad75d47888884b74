import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect, Redacted } from "effect"
import { vi } from "vitest"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import type { NewOffer, Offers, Tick, Turn } from "../../../src/journal/Offers.ts"
import { beadsId } from "../../contract/support.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { processAt, type Process } from "./fleetWorld.ts"
import { besides, placeOn } from "./postgresWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

const offersOf = ({ fleet }: Process): Offers => {
  assert(fleet.offers !== undefined)
  return fleet.offers
}
const tickOf = (turn: Turn): Tick => {
  assert(turn._tag === "Planner", turn._tag)
  return turn.tick
}
const bugs = (...ids: ReadonlyArray<string>): ReadonlyArray<NewOffer> =>
  ids.map((id) => ({ beads: beadsId(id), needs: [] }))
const taken = (some: ReadonlyArray<{ readonly beads: string }>) => some.map(({ beads }) => beads)
const reasonOf = <A>(effect: Effect.Effect<A, JournalFailed>) => Effect.map(Effect.flip(effect), ({ reason }) => reason)

onPostgres("the offers of a tick", (server) => {
  /** `vm-1`, `vm-2` and `vm-3` with one journal, and what runs SQL on it. */
  const hosts = Effect.gen(function* () {
    const first = { ...(yield* placeOn(server)), host: "vm-1" }
    const others = yield* Effect.forEach(["vm-2", "vm-3"], (host) =>
      Effect.map(besides(first), (place) => ({ ...place, host }))
    )
    const processes = yield* Effect.forEach([first, ...others], processAt)
    const [one, two, three] = processes.map(offersOf)
    assert(one !== undefined && two !== undefined && three !== undefined)
    const { run } = yield* server
    const database = new URL(Redacted.value(first.address)).pathname.slice(1)
    const sql = (...statements: ReadonlyArray<string>) => run(database, ...statements).trim()
    const all = processes.map(({ journal }) => ({ mark: journal.identity.mark, tags: [], free: 3 }))
    return { all, one, two, three, processes, sql }
  })

  it.scopedLive("have one planner: of hosts that come at the same time, one begins the tick", () =>
    Effect.gen(function* () {
      const { one, sql, three, two } = yield* hosts
      const turns = yield* Effect.all(
        [one, two, three].map(({ join }) => join),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(turns.map(({ _tag }) => _tag).toSorted(), ["Planner", "Waits", "Waits"])
      assert.strictEqual(sql("SELECT count(*) FROM ticks"), "1")
    })
  )

  it.scopedLive("go each to one host, the most urgent first, once", () =>
    Effect.gen(function* () {
      const { all, one, two, three } = yield* hosts
      const tick = tickOf(yield* one.join)
      assert.strictEqual((yield* two.join)._tag, "Waits")
      yield* one.offer(tick, bugs("bd-3", "bd-1", "bd-2", "bd-5", "bd-4"), all)
      const late = yield* two.join
      assert(late._tag === "Worker")
      assert.strictEqual(late.planner, "vm-1")
      assert.strictEqual(yield* two.waiting, 5)
      assert.deepStrictEqual(taken(yield* two.take(2)), ["bd-3", "bd-1"])
      const rest = yield* Effect.all([one.take(2), three.take(2)], { concurrency: 2 })
      assert.sameMembers(taken(rest.flat()), ["bd-2", "bd-5", "bd-4"])
      assert.deepStrictEqual(yield* two.take(9), [])
    })
  )

  it.scopedLive("are added once, whoever offers them twice", () =>
    Effect.gen(function* () {
      const { all, one, sql } = yield* hosts
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1", "bd-1", "bd-2"), all)
      assert.strictEqual(sql("SELECT count(*) FROM offers"), "2")
    })
  )

  it.scopedLive(
    "of a planner that is silent: another one plans, and the first one offers nothing when it wakes up",
    () =>
      Effect.gen(function* () {
        const { all, one, sql, two } = yield* hosts
        const asleep = tickOf(yield* one.join)
        sql("UPDATE ticks SET until = now() - interval '1 second'")
        const tick = tickOf(yield* two.join)
        assert.deepStrictEqual(tick, { id: asleep.id, epoch: 2 })
        assert.strictEqual(yield* reasonOf(one.offer(asleep, bugs("bd-1"), all)), "fenced")
        yield* two.offer(tick, bugs("bd-2"), all)
        assert.strictEqual(yield* reasonOf(one.offer(asleep, bugs("bd-1"), all)), "fenced")
        assert.strictEqual(sql("SELECT string_agg(beads, ' ') FROM offers"), "bd-2")
      })
  )

  it.scopedLive("of a planner that gives up: another one plans at once; of one at work: nobody does", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* hosts
      const tick = tickOf(yield* one.join)
      sql("UPDATE ticks SET until = now() + interval '1 second'")
      yield* one.keep
      yield* Effect.sleep("1500 millis")
      assert.strictEqual((yield* two.join)._tag, "Waits")
      yield* one.giveUp(tick)
      assert.strictEqual((yield* two.join)._tag, "Planner")
    })
  )

  it.scopedLive("of the next tick end those that nobody took; a host plans again when its own tick is over", () =>
    Effect.gen(function* () {
      const { all, one, sql, two } = yield* hosts
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1", "bd-2", "bd-3"), all)
      const [first] = yield* two.take(1)
      assert(first !== undefined)
      const [second] = yield* one.take(1)
      assert(second !== undefined)
      yield* one.close(second.id, "dispatched")
      yield* one.offer(tickOf(yield* one.join), bugs("bd-4"), all)
      const ends = () =>
        sql("SELECT string_agg(beads || ' ' || coalesce(outcome, 'open'), ', ' ORDER BY beads) FROM offers")
      assert.strictEqual(ends(), "bd-1 open, bd-2 dispatched, bd-3 untaken, bd-4 open", "bd-1 is under way")
      sql("UPDATE offers SET until = now() - interval '1 second' WHERE beads = 'bd-1'")
      yield* one.offer(tickOf(yield* one.join), [], all)
      assert.strictEqual(ends(), "bd-1 lapsed, bd-2 dispatched, bd-3 untaken, bd-4 untaken")
    })
  )

  it.scopedLive("that a host gave back go to the others, also at the next tick, unless it is the only one", () =>
    Effect.gen(function* () {
      const { all, one, two } = yield* hosts
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1"), all)
      const [offer] = yield* one.take(1)
      assert(offer !== undefined)
      yield* one.giveBack(offer.id)
      assert.deepStrictEqual([yield* one.waiting, yield* two.waiting], [0, 1])
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1"), all)
      assert.deepStrictEqual([yield* one.waiting, yield* two.waiting], [0, 1], "at the next tick")
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1"), all.slice(0, 1))
      assert.strictEqual(yield* one.waiting, 1, "no other host is there")
    })
  )

  it.scopedLive("of a silent host go to another one, but not while it has an open attempt at the bug", () =>
    Effect.gen(function* () {
      const { all, one, processes, sql, two } = yield* hosts
      yield* one.offer(tickOf(yield* one.join), bugs("bd-1", "bd-2"), all)
      yield* one.take(2)
      const [first] = processes
      assert(first !== undefined)
      yield* first.journal.intend(first.intent(1, beadsId("bd-1")))
      assert.deepStrictEqual(yield* two.take(2), [])
      sql("UPDATE offers SET until = now() - interval '1 second'")
      assert.deepStrictEqual(taken(yield* two.take(2)), ["bd-2"])
    })
  )

  it.scopedLive("each end once, while hosts plan, take, close and give back at the same time", () =>
    Effect.gen(function* () {
      const { all, one, sql, three, two } = yield* hosts
      const ids = Arr.makeBy(12, (n) => `bd-${n + 1}`)
      const work = (offers: Offers) =>
        Effect.gen(function* () {
          yield* offers.keep
          const [first, second] = yield* offers.take(2)
          if (first !== undefined) yield* offers.close(first.id, "dispatched")
          if (second !== undefined) yield* offers.giveBack(second.id)
        })
      for (const round of Arr.range(1, 8)) {
        const tick = tickOf(yield* one.join)
        yield* Effect.all([one.offer(tick, bugs(...ids), all), work(two), work(three), work(two), work(three)], {
          concurrency: "unbounded"
        })
        assert.strictEqual(sql("SELECT count(*) FROM ticks WHERE ended IS NOT NULL"), `${round}`)
      }
      yield* one.offer(tickOf(yield* one.join), [], all)
      assert.strictEqual(sql("SELECT count(*) FROM offers WHERE ended IS NULL OR outcome IS NULL"), "0")
      assert.strictEqual(sql("SELECT count(*) FROM offers"), `${8 * 12}`)
    })
  )

  it.scopedLive("with a tag go to the hosts that have it", () =>
    Effect.gen(function* () {
      const { all, one, sql, two } = yield* hosts
      sql(`UPDATE hosts SET tags = '["gpu","big"]' WHERE name = 'vm-2'`)
      yield* one.offer(
        tickOf(yield* one.join),
        [
          { beads: beadsId("bd-1"), needs: ["gpu"] },
          { beads: beadsId("bd-2"), needs: ["gpu", "arm"] },
          { beads: beadsId("bd-3"), needs: [] }
        ],
        all
      )
      assert.deepStrictEqual(taken(yield* one.take(3)), ["bd-3"])
      assert.deepStrictEqual(taken(yield* two.take(3)), ["bd-1"])
    })
  )

  it.scopedLive("are not for a host that was evicted: it neither plans nor takes", () =>
    Effect.gen(function* () {
      const { all, one, processes, two } = yield* hosts
      const tick = tickOf(yield* two.join)
      const [evicted] = Arr.drop(processes, 1)
      assert(evicted !== undefined)
      yield* (processes[0] ?? evicted).fleet.evict(evicted.journal.identity.mark, "its disk failed")
      const refused = [
        yield* reasonOf(two.join),
        yield* reasonOf(two.offer(tick, bugs("bd-1"), all)),
        yield* reasonOf(two.take(1))
      ]
      assert.deepStrictEqual(refused, ["fenced", "fenced", "fenced"])
      assert.strictEqual((yield* one.join)._tag, "Waits")
    })
  )
})
