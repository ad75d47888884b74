import { hostFaults } from "./fleet/faults.ts"
import { playAll } from "./fleet/playAll.ts"

playAll("a fleet, one of whose hosts is hurt", hostFaults)
