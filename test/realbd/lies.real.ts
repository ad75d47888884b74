import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { Actor } from "../../src/domain/Actor.ts"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { beadsId } from "../contract/support.ts"
import { ATOMIC, GUARDED, HONEST_EXIT, takeArguments, VERSION } from "./realBd.ts"
import { quote, realBdWorld, type RealBdOptions, type RealBdWorld } from "./realBdWorld.ts"

const ID = beadsId("bd-a")
const ANOTHER_USER = "Recovery Agent"
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug: SeedIssue = { id: ID, title: "boom", priority: 1 }
const held: SeedIssue = { ...bug, status: "in_progress", assignee: ours }

/** Runs a shell line instead of, or before, each call that claims; and each call that releases. */
const atClaim = (script: string): RealBdOptions => ({ before: `case " $* " in *" --claim "*) ${script} ;; esac` })
const atRelease = (script: string): RealBdOptions => ({
  before: `case " $* " in *" --status open "* | *" unclaim "*) ${script} ;; esac`
})
const ANOTHER_USER_CLAIMS = `"$BD" ${takeArguments(ID, ANOTHER_USER).map(quote).join(" ")} >/dev/null 2>&1`

const check = <A, E>(
  what: string,
  seed: ReadonlyArray<SeedIssue>,
  options: RealBdOptions,
  body: (beads: BeadsCli["Type"], world: RealBdWorld) => Effect.Effect<A, E>
): void =>
  it.scopedLive(
    what,
    () =>
      Effect.flatMap(realBdWorld(seed, options), (world) =>
        Effect.flatMap(BeadsCli, (beads) => body(beads, world)).pipe(Effect.provide(world.layer))
      ),
    240_000
  )

const claimFails = (beads: BeadsCli["Type"]): Effect.Effect<ClaimFailed> =>
  Effect.map(Effect.either(beads.claim(ID, ours)), (result) => {
    assert(Either.isLeft(result) && result.left instanceof ClaimFailed, JSON.stringify(result))
    return result.left
  })

describe(`wrong answers of bd ${VERSION} to a claim`, () => {
  check(
    `bd-XXXX.5 exit code ${HONEST_EXIT ? 1 : 0} although another user holds it: fails with the holder's name`,
    [{ ...bug, status: "in_progress", assignee: ANOTHER_USER }],
    {},
    (beads, { tracker }) =>
      Effect.gen(function* () {
        const raw = yield* tracker.bd("--actor", ours, "update", ID, "--claim", "--json")
        assert.strictEqual(raw.code, HONEST_EXIT ? 1 : 0, raw.stderr)
        const failure = yield* claimFails(beads)
        assert.deepInclude({ ...failure }, { reason: "held", holder: ANOTHER_USER })
        assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: ANOTHER_USER })
      })
  )

  check(
    "claimed, and exit code 1 with an error: succeeds",
    [bug],
    atClaim('"$BD" "$@" >/dev/null 2>&1; echo "Error: commit failed: transaction error" >&2; exit 1'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* beads.claim(ID, ours)).actor, ours)
        assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: ours })
      })
  )

  check(
    "claimed, and exit code 1 naming another holder: succeeds",
    [bug],
    atClaim('"$BD" "$@" >/dev/null 2>&1; echo "Error claiming bd-a: issue already claimed by mallory" >&2; exit 1'),
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  check(
    "claimed, and garbage on both streams: succeeds",
    [bug],
    atClaim(`"$BD" "$@" >/dev/null 2>&1; printf '\\000\\377{"error":[' ; printf 'panic: \\001' >&2; exit 0`),
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  check(
    "claimed, and then bd hangs: succeeds",
    [bug],
    { ...atClaim('"$BD" "$@" >/dev/null 2>&1; sleep 60; exit 1'), timeout: 10_000 },
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  check(
    "✓ and exit code 0 without a claim: fails",
    [bug],
    atClaim('echo "✓ Updated issue: bd-a — boom"; exit 0'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* claimFails(beads)).reason, "refused")
        assert.deepInclude(yield* tracker.read(ID), { status: "open", assignee: undefined })
      })
  )

  check(
    "✓ and exit code 0 while another user claimed: fails with the holder's name",
    [bug],
    atClaim(`${ANOTHER_USER_CLAIMS}; echo "✓ Updated issue: bd-a — boom"; exit 0`),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* claimFails(beads)) }, { reason: "held", holder: ANOTHER_USER })
        assert.strictEqual((yield* tracker.read(ID)).assignee, ANOTHER_USER)
      })
  )

  check(
    "another user claims between our read and our claim: fails with the holder's name",
    [bug],
    atClaim(ANOTHER_USER_CLAIMS),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* claimFails(beads)) }, { reason: "held", holder: ANOTHER_USER })
        assert.strictEqual((yield* tracker.read(ID)).assignee, ANOTHER_USER)
      })
  )

  // Before 0.49.4 bd reopens the bug and removes its closing date, which looks the same as a claim.
  if (ATOMIC) {
    check(
      "closed between our read and our claim: fails, and the bug stays closed",
      [bug],
      atClaim('"$BD" --actor alice close bd-a --reason done >/dev/null 2>&1'),
      (beads, { tracker }) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* claimFails(beads)).reason, "not_open")
          assert.strictEqual((yield* tracker.read(ID)).status, "closed")
        })
    )
  }
})

describe(`wrong answers of bd ${VERSION} to a release`, () => {
  const isTheirs = (beads: BeadsCli["Type"], { tracker }: RealBdWorld) =>
    Effect.gen(function* () {
      const released = yield* beads.release(ID, ours)
      assert.deepStrictEqual(released, { _tag: "NotOurs", holder: ANOTHER_USER, status: "in_progress" })
      assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: ANOTHER_USER })
    })

  check("another user claims before our read: that claim stays", [held], {}, (beads, world) =>
    Effect.zipRight(world.tracker.take(ID, ANOTHER_USER), isTheirs(beads, world))
  )

  if (GUARDED)
    check(
      "another user claims between our read and our release: that claim stays",
      [held],
      atRelease(ANOTHER_USER_CLAIMS),
      isTheirs
    )

  check(
    "✓ and exit code 0 without a release: fails",
    [held],
    atRelease('echo "✓ Updated issue: bd-a — boom"; exit 0'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        const result = yield* Effect.either(beads.release(ID, ours))
        assert(Either.isLeft(result) && result.left instanceof TrackerFailed, JSON.stringify(result))
        assert.strictEqual((yield* tracker.read(ID)).assignee, ours)
      })
  )

  check(
    "released, and exit code 1 with an error: succeeds",
    [held],
    atRelease('"$BD" "$@" >/dev/null 2>&1; echo "Error: database is locked" >&2; exit 1'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* beads.release(ID, ours))._tag, "Released")
        assert.deepInclude(yield* tracker.read(ID), { status: "open", assignee: undefined })
      })
  )
})
