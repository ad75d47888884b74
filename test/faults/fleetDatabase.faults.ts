import { connectionFaults, serverFaults } from "./fleet/faults.ts"
import { playAll } from "./fleet/playAll.ts"

playAll("a fleet, one of whose hosts loses the database", connectionFaults)
playAll("a fleet, all of whose hosts lose the database", serverFaults, { alone: true })
