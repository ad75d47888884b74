import { databaseFaults } from "./fleet/faults.ts"
import { playAll } from "./fleet/playAll.ts"

playAll("a fleet, whose database is hurt", databaseFaults)
