import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsCli, type Beads } from "../../src/beads/BeadsCli.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { TrackerFailed } from "../../src/domain/Failure.ts"
import { Priority } from "../../src/domain/Issue.ts"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { beadsId } from "../contract/support.ts"
import { OLDER, VERSION } from "./realBd.ts"
import { realBdWorld } from "./realBdWorld.ts"
import { realMachine } from "./realMachine.ts"

const ID = beadsId("bd-a")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug: SeedIssue = { id: ID, title: "boom", priority: 1 }
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }

const operations: Record<string, (beads: Beads) => Effect.Effect<unknown, { readonly message: string }>> = {
  openBugs: (beads) => beads.openBugs(bugs),
  show: (beads) => beads.show(ID),
  claim: (beads) => beads.claim(ID, ours),
  release: (beads) => beads.release(ID, ours),
  heartbeat: (beads) => beads.heartbeat(ID, ours)
}

/** Every file of the store with its content, but for the lock files that even a read makes. */
const contentOf = (dir: string): Record<string, string> =>
  Object.fromEntries(
    fs
      .readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [file, fs.readFileSync(file).toString("base64")])
  )

if (OLDER !== undefined) {
  const made = OLDER
  describe(`bd ${VERSION} on the store of an older release`, () => {
    it.scopedLive(
      "no operation migrates it: each says what to do, and the older release still reads it",
      () =>
        Effect.gen(function* () {
          const { layer, tracker } = yield* realBdWorld([bug], { made })
          const before = contentOf(tracker.dir)
          const beads = yield* Effect.provide(BeadsCli, layer)
          for (const [name, operation] of Object.entries(operations)) {
            const result = yield* Effect.either(operation(beads))
            assert(Either.isLeft(result) && result.left instanceof TrackerFailed, name)
            assert.strictEqual(result.left.reason, "migration")
            assert.match(result.left.message, /would migrate the store from v\d+ to v\d+, .* bd migrate schema/)
          }
          assert.deepStrictEqual(contentOf(tracker.dir), before)
          assert.deepInclude(yield* tracker.read(ID), { status: "open" })
        }),
      240_000
    )

    it.scopedLive(
      "a run exits with 4 and names the migration; with beads.allowMigration it migrates and works",
      () =>
        Effect.gen(function* () {
          const { hosts, tracker } = yield* realMachine([bug], ["a"], made)
          const [host] = hosts
          assert(host !== undefined)
          const refused = yield* host.nd(["run", "--json"])
          assert.strictEqual(refused.code, 4, refused.stderr)
          assert.include(refused.stderr, "would migrate the store")
          assert.deepInclude(yield* tracker.read(ID), { status: "open" })
          const run = yield* host.nd(["run", "--json"], { NIGHTLY_DISPATCH_BEADS_ALLOW_MIGRATION: "true" })
          assert.strictEqual(run.code, 0, run.stderr)
          assert.deepStrictEqual(host.started(), [ID])
        }),
      240_000
    )

    it.scopedLive(
      "with consent several processes migrate it at once, and every operation works",
      () =>
        Effect.gen(function* () {
          const { layer } = yield* realBdWorld([bug], { made, migrationLog: "migration.log" })
          const shown = yield* Effect.all(
            [1, 2, 3].map(() =>
              Effect.flatMap(BeadsCli, (beads) => beads.show(ID)).pipe(Effect.provide(layer), Effect.scoped)
            ),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(
            shown.map((issue) => issue?.status),
            ["open", "open", "open"]
          )
          const beads = yield* Effect.provide(BeadsCli, layer)
          yield* beads.claim(ID, ours)
          assert.strictEqual((yield* beads.heartbeat(ID, ours))._tag, "Alive")
          assert.strictEqual((yield* beads.release(ID, ours))._tag, "Released")
        }),
      240_000
    )
  })
} else {
  describe.skip(`bd ${VERSION} on the store of an older release`, () => {
    it("needs an older release with a database that this one can migrate", () => undefined)
  })
}
