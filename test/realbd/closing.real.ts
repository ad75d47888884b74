import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { beadsId } from "../contract/support.ts"
import { BD, finished, LEASES, VERSION } from "./realBd.ts"
import { realBdWorld } from "./realBdWorld.ts"

const ID = beadsId("bd-a")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")

describe(`an agent's own bd close, on bd ${VERSION}`, () => {
  it.scopedLive(
    LEASES ? "is refused unless BEADS_ACTOR is the claim's actor" : "needs no BEADS_ACTOR",
    () =>
      Effect.gen(function* () {
        const { layer, tracker } = yield* realBdWorld([{ id: ID, title: "boom", priority: 1 }])
        yield* Effect.flatMap(BeadsCli, (beads) => beads.claim(ID, ours)).pipe(Effect.provide(layer))
        const close = (env: NodeJS.ProcessEnv) =>
          finished(
            BD,
            ["close", ID, "--reason", "fixed", "--json"],
            { ...process.env, BEADS_DIR: tracker.dir, BD_NO_DAEMON: "1", ...env },
            tracker.root
          )
        const bare = yield* close({})
        if (LEASES) {
          assert.strictEqual(bare.code, 1, bare.stdout)
          assert.match(bare.stderr, /cannot close bd-a: assignee is /)
          assert.strictEqual((yield* tracker.read(ID)).status, "in_progress")
          const named = yield* close({ BEADS_ACTOR: ours })
          assert.strictEqual(named.code, 0, named.stderr)
        }
        assert.strictEqual((yield* tracker.read(ID)).status, "closed")
      }),
    240_000
  )
})
