import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { vi } from "vitest"
import { onPostgres } from "../../postgres/shared.ts"
import { processAt, twoHosts } from "./fleetWorld.ts"
import { besides, placeOn } from "./postgresWorld.ts"
import { trackerOf, trackerWith } from "./trackers.ts"

vi.setConfig({ testTimeout: 60_000 })

onPostgres("the tracker of a journal that hosts share", (server) => {
  it.scopedLive("is one: a host with another one may write nothing, and is no host", () =>
    Effect.gen(function* () {
      const first = { ...(yield* placeOn(server)), host: "vm-1", tracker: yield* trackerOf("shop") }
      const one = yield* processAt(first)
      const second = { ...(yield* besides(first)), host: "vm-2", tracker: yield* trackerOf("blog") }
      const failure = yield* Effect.flip(processAt(second))
      assert(failure._tag === "JournalFailed")
      assert.match(failure.detail, /the journal of another tracker: vm-1 has the tracker shop, this host has blog/)
      assert.match(failure.next ?? "", /a database of its own .*UPDATE hosts SET project = NULL/)
      assert.strictEqual((yield* one.fleet.hosts).length, 1)
      yield* processAt({ ...(yield* besides(first)), host: "vm-3", tracker: yield* trackerOf("shop") })
      assert.strictEqual((yield* one.fleet.hosts).length, 2)
    })
  )

  it.scopedLive("is not told by what a host cannot say of it", () =>
    Effect.gen(function* () {
      const first = { ...(yield* placeOn(server)), host: "vm-1", tracker: yield* trackerOf("shop") }
      yield* processAt(first)
      const unknown = ["", "{", "[]", '{"project_id":7}', '{"project_id":""}', '{"dolt_database":"blog"}']
      for (const metadata of unknown)
        yield* processAt({ ...(yield* besides(first)), tracker: yield* trackerWith(metadata) })
      yield* processAt({ ...(yield* besides(first)), tracker: "/nowhere" })
      // What this host said before stays true.
      fs.rmSync(`${first.tracker}/metadata.json`)
      yield* processAt(first)
      const other = { ...(yield* besides(first)), tracker: yield* trackerOf("blog") }
      assert.strictEqual((yield* Effect.flip(processAt(other)))._tag, "JournalFailed")
    })
  )

  it.scopedLive(
    "can be made anew: by the operator's word, or when the hosts that had the earlier one are evicted",
    () =>
      Effect.gen(function* () {
        const { one, sql, two } = yield* twoHosts(server)
        const at = (place: typeof one.place, tracker: string) => processAt({ ...place, tracker })
        const [earlier, later] = [yield* trackerOf("earlier"), yield* trackerOf("later")]
        const old = { ...(yield* besides(one.place)), host: "vm-3" }
        const { journal } = yield* at(old, earlier)
        const fresh = { ...(yield* besides(one.place)), host: "vm-4" }
        yield* Effect.flip(at(fresh, later))
        yield* two.fleet.evict(journal.identity.mark, "its tracker is no more")
        yield* at(fresh, later)
        yield* two.fleet.admit(journal.identity.mark)
        yield* at({ ...(yield* besides(one.place)), host: "vm-5" }, later)
        yield* Effect.flip(at(old, earlier))
        sql("UPDATE hosts SET project = NULL")
        yield* at(old, earlier)
      })
  )
})
