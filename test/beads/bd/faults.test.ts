import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { beadsId } from "../../contract/support.ts"
import { bdWorld, VERSIONS, type BdWorld, type BdWorldOptions, type Version } from "./bdWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug = beadsId("bd-a")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const open: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }
const mine: SeedIssue = { ...open, status: "in_progress", assignee: ours }

type Beads = BeadsCli["Type"]

/** The layer's answer under a fault, and the world afterwards. */
const under = <A, E>(
  fault: string,
  ask: (beads: Beads) => Effect.Effect<A, E>,
  options: BdWorldOptions & { readonly version?: Version; readonly seed?: SeedIssue } = {}
) =>
  Effect.gen(function* () {
    const world = yield* bdWorld(options.version ?? "1.0.3", [options.seed ?? open], { ...options, fault })
    const result = yield* Effect.flatMap(BeadsCli, (beads) => Effect.either(ask(beads))).pipe(
      Effect.provide(world.layer)
    )
    return { result, world }
  })

const trackerFailure = (result: Either.Either<unknown, unknown>): TrackerFailed => {
  assert(Either.isLeft(result), `expected a failure, got ${JSON.stringify(result)}`)
  assert(result.left instanceof TrackerFailed, `expected TrackerFailed, got ${JSON.stringify(result.left)}`)
  assert.notMatch(result.left.message, /[\r\n]/)
  return result.left
}

const claimFailure = (result: Either.Either<unknown, unknown>): ClaimFailed => {
  assert(Either.isLeft(result), `expected a failure, got ${JSON.stringify(result)}`)
  assert(result.left instanceof ClaimFailed, `expected ClaimFailed, got ${JSON.stringify(result.left)}`)
  assert.notMatch(result.left.message, /[\r\n]/)
  return result.left
}

const isOurs = (world: BdWorld) =>
  world.row("bd-a")?.status === "in_progress" && world.row("bd-a")?.assignee === String(ours)

const reads: Record<string, readonly [command: string, ask: (beads: Beads) => Effect.Effect<unknown, unknown>]> = {
  openBugs: ["list", (beads) => beads.openBugs(bugs)],
  show: ["show", (beads) => beads.show(bug)],
  claimsOf: ["list", (beads) => beads.claimsOf("nightly-dispatch/")]
}

for (const [method, [command, ask]] of Object.entries(reads)) {
  describe(`${method} never reads a failed call as an empty list`, () => {
    const faults: ReadonlyArray<readonly [string, TrackerFailed["reason"], RegExp]> = [
      ["exit:1", "refused", /something went wrong \(exit 1\)/],
      ["exit:7", "refused", /exit 7/],
      ["late-error", "refused", /exit 1/],
      ["sorry:Error: Database out of sync with JSONL", "refused", /Database out of sync/],
      ['sorry:{"error":"dolt circuit breaker is open"}', "refused", /circuit breaker/],
      ["sorry:Error: no beads database found", "no_database", /no beads database/],
      ["empty", "unreadable", /no message on either stream/],
      ["prose", "unreadable", /boom/],
      ["garbage", "unreadable", /bd-1/],
      ["null", "unreadable", /null/]
    ]
    for (const [fault, reason, detail] of faults) {
      it.scopedLive(`${command}=${fault} fails with ${reason}`, () =>
        Effect.map(under(`${command}=${fault}`, ask), ({ result }) => {
          const failure = trackerFailure(result)
          assert.strictEqual(failure.reason, reason)
          assert.match(failure.detail, detail)
          assert.strictEqual(failure.blame, reason === "no_database" ? "config" : "tracker")
        })
      )
    }
    for (const shape of ["envelope", "items"]) {
      it.scopedLive(`reads ${command}=${shape}`, () =>
        Effect.map(under(`${command}=${shape}`, ask), ({ result }) => assert.isTrue(Either.isRight(result)))
      )
    }
  })
}

describe("a claim is decided by reading the issue, not by bd's answer", () => {
  const cannot = "Error 1213 (40001): serialization failure"
  const kept: ReadonlyArray<readonly [string, ClaimFailed["reason"]]> = [
    ["update=lie-yes", "refused"],
    ["update=exit:1", "refused"],
    ["update=exit:0", "refused"],
    ["update=empty", "refused"],
    ["update=prose", "refused"],
    ["update=garbage", "refused"],
    [`update=sorry:Error claiming bd-a: dolt commit: ${cannot}`, "refused"],
    ["update=sorry:Error claiming bd-a: issue not claimable: status blocked", "not_open"],
    ["update=sorry:Error claiming bd-a: issue already claimed by Recovery Agent", "held"]
  ]
  for (const [fault, reason] of kept) {
    it.scopedLive(`bd-XXXX.3.1 ${fault}: not claimed, ${reason}`, () =>
      Effect.map(
        under(fault, (beads) => beads.claim(bug, ours)),
        ({ result, world }) => {
          const failure = claimFailure(result)
          assert.strictEqual(failure.reason, reason)
          if (reason === "held") assert.strictEqual(failure.message, "already claimed by Recovery Agent")
          assert.strictEqual(world.row("bd-a")?.status, "open")
        }
      )
    )
  }

  for (const fault of [
    "update=lie-no",
    "update=late-error",
    "show@2=exit:1",
    "show@2=empty",
    "show@2=stale",
    "version=prose"
  ]) {
    it.scopedLive(`${fault}: claimed`, () =>
      Effect.map(
        under(fault, (beads) => beads.claim(bug, ours)),
        ({ result, world }) => {
          assert.isTrue(Either.isRight(result), JSON.stringify(result))
          assert.isTrue(isOurs(world))
        }
      )
    )
  }

  it.scopedLive("a claim that cannot be read back fails with unknown", () =>
    Effect.map(
      under("show@2+=exit:1", (beads) => beads.claim(bug, ours)),
      ({ result, world }) => {
        assert.strictEqual(claimFailure(result).reason, "unknown")
        assert.match(claimFailure(result).detail, /something went wrong/)
        assert.isTrue(isOurs(world))
      }
    )
  )

  it.scopedLive("if the issue cannot be read first, no claim is tried", () =>
    Effect.map(
      under("show=exit:1", (beads) => beads.claim(bug, ours)),
      ({ result, world }) => {
        assert.strictEqual(trackerFailure(result).reason, "refused")
        assert.deepStrictEqual(world.changes(), [])
      }
    )
  )

  for (const version of VERSIONS) {
    it.scopedLive(
      `bd-XXXX.5.1 bd ${version}: another user claims right before us, so our claim fails with that user's name`,
      () =>
        Effect.map(
          under("update=first:take", (beads) => beads.claim(bug, ours), { version }),
          ({ result, world }) => {
            const failure = claimFailure(result)
            assert.strictEqual(failure.reason, "held")
            assert.strictEqual(failure.message, "already claimed by Somebody Else")
            assert.strictEqual(world.row("bd-a")?.assignee, "Somebody Else")
          }
        )
    )

    it.scopedLive(`bd-XXXX.5.1 bd ${version}: the bug is deleted right before our claim, which fails`, () =>
      Effect.map(
        under("update=first:remove", (beads) => beads.claim(bug, ours), { version }),
        ({ result }) => assert.strictEqual(claimFailure(result).reason, "missing")
      )
    )
  }

  // 0.46.0 reopens the bug and removes its closing date, which looks the same as a claim.
  for (const version of VERSIONS.filter((version) => version !== "0.46.0")) {
    it.scopedLive(`bd ${version}: the bug is closed right before our claim, and is closed afterwards`, () =>
      Effect.map(
        under("update=first:close", (beads) => beads.claim(bug, ours), { version }),
        ({ result, world }) => {
          assert.strictEqual(claimFailure(result).reason, "not_open")
          assert.strictEqual(world.row("bd-a")?.status, "closed")
        }
      )
    )
  }

  it.scopedLive("a closed issue that our claim reopens and we cannot close again: unknown", () =>
    Effect.map(
      under("update=first:close,close=exit:1", (beads) => beads.claim(bug, ours)),
      ({ result }) => assert.strictEqual(claimFailure(result).reason, "unknown")
    )
  )

  it.scopedLive("an issue whose id only contains the id is not claimed", () =>
    Effect.map(
      under("", (beads) => beads.claim(bug, ours), { seed: { ...open, id: "bd-xa" } }),
      ({ result, world }) => {
        assert.strictEqual(claimFailure(result).reason, "missing")
        assert.strictEqual(world.row("bd-xa")?.status, "open")
      }
    )
  )

  it.scopedLive("a claim that is ours already succeeds without a change", () =>
    Effect.map(
      under("", (beads) => beads.claim(bug, ours), { seed: mine }),
      ({ result, world }) => {
        assert.isTrue(Either.isRight(result))
        assert.deepStrictEqual(world.changes(), [])
      }
    )
  )
})

describe("a release is decided by reading the issue, not by bd's answer", () => {
  const release = (beads: Beads) => beads.release(bug, ours)

  for (const fault of ["update=lie-no", "update=late-error", "show@2=exit:1", "help=exit:1"]) {
    it.scopedLive(`${fault}: released`, () =>
      Effect.map(under(fault, release, { seed: mine }), ({ result, world }) => {
        assert.deepStrictEqual(result, Either.right({ _tag: "Released" }))
        assert.deepInclude(world.row("bd-a"), { status: "open" })
        assert.isUndefined(world.row("bd-a")?.assignee)
      })
    )
  }

  for (const fault of ["update=lie-yes", "update=exit:1", "update=empty", "show=exit:1", "show@2+=exit:1"]) {
    it.scopedLive(`${fault}: a failure`, () =>
      Effect.map(under(fault, release, { seed: mine }), ({ result }) =>
        assert.strictEqual(trackerFailure(result).reason, "refused")
      )
    )
  }

  for (const version of ["1.1.0", "1.2.1"] as ReadonlyArray<Version>) {
    it.scopedLive(`bd ${version} has guards: a claim that another user takes right before the release stays`, () =>
      Effect.map(
        under("update=first:take,unclaim=first:take", release, { version, seed: mine }),
        ({ result, world }) => {
          const theirs = { _tag: "NotOurs", holder: "Somebody Else", status: "in_progress" }
          assert.deepStrictEqual(result, Either.right(theirs as never))
          assert.deepInclude(world.row("bd-a"), { status: "in_progress", assignee: "Somebody Else" })
        }
      )
    )

    it.scopedLive(`bd ${version} has guards: a bug that is closed right before the release stays closed`, () =>
      Effect.map(
        under("update=first:close,unclaim=first:close", release, { version, seed: mine }),
        ({ result, world }) => {
          assert.deepStrictEqual(
            result,
            Either.right({ _tag: "NotOurs", holder: String(ours), status: "closed" } as never)
          )
          assert.strictEqual(world.row("bd-a")?.status, "closed")
        }
      )
    )
  }

  it.scopedLive("a bug that is closed before it is read back is not called released", () =>
    Effect.map(under("update=lie-yes,show@2=first:close", release, { seed: mine }), ({ result, world }) => {
      assert.deepStrictEqual(result, Either.right({ _tag: "NotOurs", holder: String(ours), status: "closed" } as never))
      assert.strictEqual(world.row("bd-a")?.status, "closed")
    })
  )

  it.scopedLive("the release of a closed issue that a claim reopened closes it again", () =>
    Effect.map(under("", release, { seed: { ...mine, closedAt: "2026-01-02T00:00:00Z" } }), ({ result, world }) => {
      assert.deepStrictEqual(result, Either.right({ _tag: "Released" }))
      assert.strictEqual(world.row("bd-a")?.status, "closed")
    })
  )
})

describe("comment", () => {
  for (const fault of ["comments=exit:1", "show=exit:1"]) {
    it.scopedLive(`fails under ${fault}`, () =>
      Effect.map(
        under(fault, (beads) => beads.comment(bug, ours, "text")),
        ({ result }) => assert.strictEqual(trackerFailure(result).reason, "refused")
      )
    )
  }

  it.scopedLive("is never added to an issue whose id only contains the id", () =>
    Effect.map(
      under("", (beads) => beads.comment(bug, ours, "text"), { seed: { ...open, id: "bd-xa" } }),
      ({ result, world }) => {
        assert.match(trackerFailure(result).detail, /no such issue/)
        assert.deepStrictEqual(world.changes(), [])
      }
    )
  )

  for (const version of VERSIONS) {
    it.scopedLive(`bd ${version}: is signed by the actor`, () =>
      Effect.map(
        under("", (beads) => beads.comment(bug, ours, "text"), { version, environment: { USER: "root" } }),
        ({ result, world }) => {
          assert.isTrue(Either.isRight(result))
          assert.deepStrictEqual(
            world.changes().map((change) => change.actor),
            [String(ours)]
          )
        }
      )
    )
  }
})
