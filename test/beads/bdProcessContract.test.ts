import { beadsContract } from "../contract/beadsContract.ts"
import { bdWorld } from "./bdWorld.ts"

// With processes a call takes as long as Node to start, so the whole suite runs on one version; the races of the others
// are in bdRaces.test.ts.
beadsContract("bd 1.0.3, as processes", (seed) => bdWorld("1.0.3", seed, { processes: true }))
