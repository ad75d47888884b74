import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { vi } from "vitest"
import { elsewhere } from "../../../src/journal/elsewhere.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { Outbox } from "../../../src/journal/Outbox.ts"
import { compare } from "../../../src/report/alerts/compare.ts"
import { conditionsOf } from "../../../src/report/alerts/conditionsOf.ts"
import { readHosts, readTenures } from "../../../src/report/fleet/FleetFacts.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { localZone } from "../../../src/domain/localZone.ts"
import { twoHosts } from "../../journal/postgres/fleetWorld.ts"
import { journalAt } from "../../journal/postgres/postgresWorld.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { night } from "../needs/support.ts"
import { inFleet } from "./support.ts"

vi.setConfig({ testTimeout: 60_000 })

/** What a view on this host is told of the fleet. */
const readFleet = Effect.gen(function* () {
  const [queries, hosts] = [yield* JournalQueries, yield* readHosts]
  assert(hosts !== undefined)
  const open = yield* queries.open
  return { ...hosts, open, tenures: yield* readTenures(open, hosts.elsewhere) }
})

onPostgres("views of hosts that share a journal", (server) => {
  it.scopedLive("tell on which host an attempt is, and when it is anybody's", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const { actor } = yield* one.journal.intend(one.intent(1))
      const [here, there] = [yield* Layer.build(journalAt(one.place)), yield* Layer.build(journalAt(two.place))]
      assert.isUndefined((yield* Effect.provide(elsewhere, here))(actor))
      assert.strictEqual((yield* Effect.provide(elsewhere, there))(actor), "vm-1")
      const first = yield* Effect.provide(readFleet, here)
      assert.deepStrictEqual([first.here?.name, first.tenures.size], ["vm-1", 0])
      const second = yield* Effect.provide(readFleet, there)
      assert.strictEqual(second.here?.name, "vm-2")
      assert.strictEqual(second.tenures.get(actor)?._tag, "Theirs")
      sql("UPDATE attempts SET held_until = now() - interval '1 second'")
      assert.strictEqual((yield* Effect.provide(readFleet, there)).tenures.get(actor)?._tag, "Free")
    })
  )

  it.scopedLive("two hosts that look at the same time tell of a missing host once", () =>
    Effect.gen(function* () {
      const { one, sql, two } = yield* twoHosts(server)
      const third = yield* Effect.map(twoHosts(server), ({ one: { journal } }) => journal.identity.mark)
      sql(
        `INSERT INTO hosts (mark, name, tags, version, seen) VALUES ('${third}', 'vm-3', '[]', '1', now() - interval '9 days')`
      )
      const look = (place: typeof one.place) =>
        Effect.gen(function* () {
          const [fleet, outbox] = [yield* readFleet, yield* Outbox]
          const facts = inFleet(night(), fleet)
          const at = { now: facts.now, zone: localZone, host: place.host ?? "", repository: "shop" }
          const conditions = conditionsOf({
            night: facts,
            now: facts.now,
            lastOutcomes: [],
            program: "nd",
            settings: { reviewAfter: 0 }
          })
          return yield* outbox.compare(["slack"], (open) =>
            compare(open, conditions, { ...at, settings: defaultSettings.alerts })
          )
        }).pipe(Effect.provide(journalAt(place)), Effect.scoped)
      const told = yield* Effect.all([look(one.place), look(two.place)], { concurrency: 2 })
      assert.deepStrictEqual(
        told.flat().map(({ key }) => key),
        ["host_unseen vm-3"]
      )
    })
  )
})
