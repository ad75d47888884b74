import { Effect } from "effect"
import { assert, it } from "vitest"
import { onPostgres } from "../postgres/shared.ts"
import { hostFaults, networkFaults } from "./fleet/faults.ts"
import { playFrozenWatcher } from "./fleet/frozenWatcher.ts"
import { playAll, wanted } from "./fleet/playAll.ts"
import { withoutOwnNetworks } from "./machine/ownNetwork.ts"

playAll("a fleet, one of whose hosts is hurt", hostFaults)

onPostgres("a host that is evicted while its watcher is frozen", (server) => {
  const rule = "has a job beside the next one of its bug, until its watcher wakes and ends it"
  it.skipIf(!wanted.test(rule))(rule, { timeout: 180_000 }, async () => {
    const { log, problems } = await playFrozenWatcher(await Effect.runPromise(server))
    assert.isEmpty(problems, `${problems.join("\n")}\n${log.join("\n")}`)
  })
})

const hosts = "a fleet whose hosts have no network in common"
playAll(hosts, networkFaults, { skipped: withoutOwnNetworks(hosts) })
