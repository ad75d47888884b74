import { beadsContract } from "../contract/beadsContract.ts"
import { ATOMIC, VERSION } from "./realBd.ts"
import { realBdWorld } from "./realBdWorld.ts"

beadsContract(`bd ${VERSION} (real)`, (seed) => realBdWorld(seed), {
  claims: ATOMIC ? "atomic" : "last-writer",
  timeout: 240_000
})
