import { beadsContract } from "../../contract/beadsContract.ts"
import { bdWorld } from "./bdWorld.ts"

// With processes of Node a call takes as long as it to start; those are in bdRaces.test.ts.
beadsContract("bd 1.0.3, as processes", (seed) => bdWorld("1.0.3", seed, { processes: "answered" }))
