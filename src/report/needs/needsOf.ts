import { claimNeeds } from "./claimNeeds.ts"
import { fleetNeeds } from "../fleet/fleetNeeds.ts"
import type { Need } from "./Need.ts"
import type { NightFacts } from "./NightFacts.ts"
import { nightNeeds } from "./nightNeeds.ts"
import { personNeeds } from "./personNeeds.ts"
import { workNeeds } from "./workNeeds.ts"

/**
 * What needs a person: first what is about the night as a whole, then the bugs. `program`: what an operator types, up to the
 * command's name.
 *
 * @example
 * needsOf(yield* gatherFacts(options), "nightly-dispatch") // [{ kind: "review", beads: "bd-1", commands: […] }]
 */
export const needsOf = (facts: NightFacts, program: string): ReadonlyArray<Need> => [
  ...nightNeeds(facts, program),
  ...fleetNeeds(facts, program),
  ...personNeeds(facts, program),
  ...claimNeeds(facts, program),
  ...workNeeds(facts, program)
]
