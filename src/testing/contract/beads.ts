import { Effect, type Scope } from "effect"
import { BeadsCli, type Beads } from "../../beads/BeadsCli.ts"
import { assert } from "./assert.ts"
import { claim } from "./beadsClaim.ts"
import { close, comment, label, unlabel } from "./beadsEdits.ts"
import { claimsOf, heartbeat, release } from "./beadsHeld.ts"
import { openBugs } from "./beadsOpenBugs.ts"
import { show } from "./beadsShow.ts"
import type { BeadsCheck, BeadsWorld, SeedIssue } from "./beadsWorld.ts"
import { withSeedIds } from "./seedIds.ts"
import { absent, contractTest, type Contract, type ContractTest } from "./suite.ts"

/** How far a tracker keeps simultaneous claims apart. */
export interface BeadsContractOptions {
  /**
   * `atomic`: exactly one of several simultaneous claims succeeds. `last-writer`: the tracker accepts all of them (bd
   * before 0.49.4), so at most one succeeds, and the tracker must show its actor afterwards. Default `atomic`.
   */
  readonly claims?: "atomic" | "last-writer"
  /** Fields that this tracker does not have. A test whose issues have one answers `not shown`. */
  readonly lacks?: ReadonlyArray<Exclude<keyof SeedIssue, "id" | "title" | "priority">>
}

const underSeedIds = (beads: Beads, seed: ReadonlyArray<SeedIssue>, { idOf }: BeadsWorld): Beads =>
  idOf === undefined
    ? beads
    : withSeedIds(
        beads,
        seed.map(({ id }) => id),
        idOf
      )

/**
 * What every layer of `BeadsCli` must do. `makeWorld` makes a tracker with these issues.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.beads(makeWorld))
 */
export const beads = (
  makeWorld: (seed: ReadonlyArray<SeedIssue>) => Effect.Effect<BeadsWorld, never, Scope.Scope>,
  { claims = "atomic", lacks = [] }: BeadsContractOptions = {}
): Contract => {
  const tests: Array<ContractTest> = []
  const checkIn =
    (group: string): BeadsCheck =>
    (name, seed, body) => {
      const test = Effect.flatMap(makeWorld(seed), (world) =>
        Effect.flatMap(BeadsCli, (beads) => body(underSeedIds(beads, seed, world), world.elsewhere)).pipe(
          Effect.provide(world.layer)
        )
      )
      const isHeld = seed.every((issue) => lacks.every((field) => issue[field] === undefined))
      tests.push(isHeld ? contractTest(group, name, test) : contractTest(group, name, absent))
    }
  checkIn("")("its version is not empty", [], (beads) =>
    Effect.map(beads.version, (version) => assert.match(version, /\S/))
  )
  openBugs(checkIn("openBugs"))
  show(checkIn("show"))
  claim(checkIn("claim"), claims)
  release(checkIn("release"))
  heartbeat(checkIn("heartbeat"))
  claimsOf(checkIn("claimsOf"))
  label(checkIn("label"))
  unlabel(checkIn("unlabel"))
  close(checkIn("close"))
  comment(checkIn("comment"))
  return tests
}
