import { hostFaults, networkFaults } from "./fleet/faults.ts"
import { playAll } from "./fleet/playAll.ts"
import { withoutOwnNetworks } from "./machine/ownNetwork.ts"

playAll("a fleet, one of whose hosts is hurt", hostFaults)

const hosts = "a fleet whose hosts have no network in common"
playAll(hosts, networkFaults, { skipped: withoutOwnNetworks(hosts) })
