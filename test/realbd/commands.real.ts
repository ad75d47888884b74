import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { VERSION } from "./realBd.ts"
import { realMachine } from "./realMachine.ts"

const OURS = /nightly-dispatch\/[^/\s]+\/\d{8}T\d{6}Z-[0-9a-f]{6,12}\/\d+/
// Different titles: bd's import takes two issues with equal content for one renamed issue.
const seed: ReadonlyArray<SeedIssue> = [
  { id: "bd-a", title: "free", priority: 1 },
  { id: "bd-held", title: "held", priority: 1, status: "in_progress", assignee: "Recovery Agent" },
  { id: "bd-done", title: "done", priority: 1, status: "closed", closedAt: "2026-01-03T00:00:00Z" },
  { id: "bd-part1", title: "whose id begins like another", priority: 1 }
]

describe(`bd-XXXX.5 claim and release on bd ${VERSION}`, () => {
  it.scopedLive(
    "claim exits with 0 if this call holds the bug, and with 1 and the holder's whole name if another actor does",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(seed)
        const [host] = hosts
        assert(host !== undefined)
        const first = yield* host.nd(["claim", "bd-a"])
        assert.strictEqual(first.code, 0, first.stderr)
        const holder = OURS.exec(first.stdout)?.[0]
        assert.deepInclude(yield* tracker.read("bd-a"), { status: "in_progress", assignee: holder })

        const second = yield* host.nd(["claim", "bd-a"])
        assert.strictEqual(second.code, 1, second.stdout)
        assert.include(second.stdout + second.stderr, `already claimed by ${holder}`)
        assert.strictEqual((yield* tracker.read("bd-a")).assignee, holder)

        const held = yield* host.nd(["claim", "bd-held"])
        assert.strictEqual(held.code, 1, held.stdout)
        assert.include(held.stdout + held.stderr, "already claimed by Recovery Agent")
        assert.deepInclude(yield* tracker.read("bd-held"), { status: "in_progress", assignee: "Recovery Agent" })
      }),
    240_000
  )

  it.scopedLive(
    "claim exits with 1 for a closed bug, a missing bug and a part of another bug's id, and claims none",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(seed)
        const [host] = hosts
        assert(host !== undefined)
        for (const id of ["bd-done", "bd-zzzz", "bd-part"]) {
          const claim = yield* host.nd(["claim", id])
          assert.strictEqual(claim.code, 1, `${id}: ${claim.stdout}`)
          assert.include(claim.stdout + claim.stderr, `${id}: not claimed: `)
        }
        const all = yield* tracker.all
        assert.strictEqual(all.get("bd-done")?.status, "closed")
        assert.strictEqual(all.get("bd-part1")?.status, "open")
      }),
    240_000
  )

  it.scopedLive(
    "release exits with 0 if it released a dispatcher's claim, and with 1 for another user's claim, a free and a missing bug",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(seed)
        const [host] = hosts
        assert(host !== undefined)
        assert.strictEqual((yield* host.nd(["claim", "bd-a"])).code, 0)
        const released = yield* host.nd(["release", "bd-a"])
        assert.strictEqual(released.code, 0, released.stdout + released.stderr)
        assert.deepInclude(yield* tracker.read("bd-a"), { status: "open", assignee: undefined })
        for (const id of ["bd-a", "bd-held", "bd-done", "bd-zzzz"])
          assert.strictEqual((yield* host.nd(["release", id])).code, 1, id)
        assert.deepInclude(yield* tracker.read("bd-held"), { status: "in_progress", assignee: "Recovery Agent" })
      }),
    240_000
  )
})
