import { beadsContract } from "../../contract/beadsContract.ts"
import { bdWorld, VERSIONS } from "./bdWorld.ts"

for (const version of VERSIONS) {
  beadsContract(`bd ${version}`, (seed) => bdWorld(version, seed), {
    claims: version === "0.46.0" ? "last-writer" : "atomic"
  })
}
