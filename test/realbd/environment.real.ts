import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { Priority } from "../../src/domain/Issue.ts"
import { beadsId } from "../contract/support.ts"
import { VERSION } from "./realBd.ts"
import { realBdWorld } from "./realBdWorld.ts"

const ID = beadsId("bd-a")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")

/** bd loads `.beads/.env` for every variable that is not set. */
const LIES = `
BEADS_MAX_ROWS=1
BD_READONLY=1
BD_JSON_ENVELOPE=1
BD_DB=/nowhere/x.db
BEADS_DB=/nowhere/x.db
BD_BACKEND=sqlite
BD_DATABASE_BACKEND=sqlite
BD_DEBUG=1
BD_ACTOR=x
BEADS_ACTOR=x
`

describe(`the environment of bd ${VERSION}`, () => {
  it.scopedLive(
    "a .beads/.env that lies changes nothing: list, claim and release work",
    () =>
      Effect.gen(function* () {
        const { layer, tracker } = yield* realBdWorld([
          { id: ID, title: "boom", priority: 1 },
          { id: "bd-b", title: "crash", priority: 1 }
        ])
        fs.writeFileSync(path.join(tracker.dir, ".env"), LIES)
        const beads = yield* Effect.provide(BeadsCli, layer)
        assert.lengthOf((yield* beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) })).issues, 2)
        yield* beads.claim(ID, ours)
        assert.deepInclude({ ...(yield* beads.show(ID)) }, { status: "in_progress", assignee: String(ours) })
        yield* beads.comment(ID, ours, "text")
        assert.strictEqual((yield* beads.release(ID, ours))._tag, "Released")
        fs.rmSync(path.join(tracker.dir, ".env"))
        assert.deepInclude(yield* tracker.read(ID), { status: "open", assignee: undefined })
      }),
    240_000
  )
})
