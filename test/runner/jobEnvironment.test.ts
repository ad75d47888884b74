import { assert, describe, it } from "@effect/vitest"
import { Actor } from "../../src/domain/Actor.ts"
import { jobEnvironment } from "../../src/runner/jobEnvironment.ts"

const attempt = Actor.make("nightly-dispatch/0123456789abcdef0123456789abcdef/vm-1/20261122T030000Z-4f2a91c7d0/1")

describe("the environment of a job", () => {
  it("makes the agent's own bd act as the holder of the claim", () => {
    const { BD_ACTOR, BEADS_ACTOR, NIGHTLY_DISPATCH_ATTEMPT } = jobEnvironment(attempt, {
      directory: "/t",
      tmp: "/t/tmp"
    })
    assert.deepStrictEqual([BD_ACTOR, BEADS_ACTOR, NIGHTLY_DISPATCH_ATTEMPT], [attempt, attempt, attempt])
  })
})
