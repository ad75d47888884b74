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
const SOMEBODY = "Recovery Agent"
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug: SeedIssue = { id: ID, title: "boom", priority: 1 }
const held: SeedIssue = { ...bug, status: "in_progress", assignee: ours }

/** A shell line for calls that claim, and for calls that give a claim back. */
const atClaim = (script: string): RealBdOptions => ({ before: `case " $* " in *" --claim "*) ${script} ;; esac` })
const atRelease = (script: string): RealBdOptions => ({
  before: `case " $* " in *" --status open "* | *" unclaim "*) ${script} ;; esac`
})
const SOMEBODY_TAKES_IT = `"$BD" ${takeArguments(ID, SOMEBODY).map(quote).join(" ")} >/dev/null 2>&1`

const proves = <A, E>(
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

describe(`what bd ${VERSION} says wrongly of a claim`, () => {
  proves(
    `bd-XXXX.5 of one that another holds it ends with exit code ${HONEST_EXIT ? 1 : 0}; we say who holds it`,
    [{ ...bug, status: "in_progress", assignee: SOMEBODY }],
    {},
    (beads, { tracker }) =>
      Effect.gen(function* () {
        const raw = yield* tracker.bd("--actor", ours, "update", ID, "--claim", "--json")
        assert.strictEqual(raw.code, HONEST_EXIT ? 1 : 0, raw.stderr)
        const failure = yield* claimFails(beads)
        assert.deepInclude({ ...failure }, { reason: "held", holder: SOMEBODY })
        assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: SOMEBODY })
      })
  )

  proves(
    "claimed, and exit code 1 with an error: it is ours",
    [bug],
    atClaim('"$BD" "$@" >/dev/null 2>&1; echo "Error: commit failed: transaction error" >&2; exit 1'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* beads.claim(ID, ours)).actor, ours)
        assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: ours })
      })
  )

  proves(
    "claimed, and exit code 1 naming another holder: it is ours",
    [bug],
    atClaim('"$BD" "$@" >/dev/null 2>&1; echo "Error claiming bd-a: issue already claimed by mallory" >&2; exit 1'),
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  proves(
    "claimed, and garbage on both streams: it is ours",
    [bug],
    atClaim(`"$BD" "$@" >/dev/null 2>&1; printf '\\000\\377{"error":[' ; printf 'panic: \\001' >&2; exit 0`),
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  proves(
    "claimed, and then it hangs: it is ours all the same",
    [bug],
    { ...atClaim('"$BD" "$@" >/dev/null 2>&1; sleep 60; exit 1'), timeout: 10_000 },
    (beads) => Effect.map(beads.claim(ID, ours), ({ actor }) => assert.strictEqual(actor, ours))
  )

  proves(
    "✓ and exit code 0 without having done anything: it is not ours",
    [bug],
    atClaim('echo "✓ Updated issue: bd-a — boom"; exit 0'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* claimFails(beads)).reason, "refused")
        assert.deepInclude(yield* tracker.read(ID), { status: "open", assignee: undefined })
      })
  )

  proves(
    "✓ and exit code 0 while somebody else took it: it is theirs",
    [bug],
    atClaim(`${SOMEBODY_TAKES_IT}; echo "✓ Updated issue: bd-a — boom"; exit 0`),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* claimFails(beads)) }, { reason: "held", holder: SOMEBODY })
        assert.strictEqual((yield* tracker.read(ID)).assignee, SOMEBODY)
      })
  )

  proves(
    "taken between our look and our claim: it is theirs",
    [bug],
    atClaim(SOMEBODY_TAKES_IT),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* claimFails(beads)) }, { reason: "held", holder: SOMEBODY })
        assert.strictEqual((yield* tracker.read(ID)).assignee, SOMEBODY)
      })
  )

  // Before 0.49.4 bd opens it again and leaves no trace of that in the issue.
  if (ATOMIC) {
    proves(
      "closed between our look and our claim: it is not ours, and stays closed",
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

describe(`giving back what bd ${VERSION} says somebody else holds`, () => {
  const isTheirs = (beads: BeadsCli["Type"], { tracker }: RealBdWorld) =>
    Effect.gen(function* () {
      const released = yield* beads.release(ID, ours)
      assert.deepStrictEqual(released, { _tag: "NotOurs", holder: SOMEBODY, status: "in_progress" })
      assert.deepInclude(yield* tracker.read(ID), { status: "in_progress", assignee: SOMEBODY })
    })

  proves("taken before we look", [held], {}, (beads, world) =>
    Effect.zipRight(world.tracker.take(ID, SOMEBODY), isTheirs(beads, world))
  )

  if (GUARDED) proves("taken between our look and our release", [held], atRelease(SOMEBODY_TAKES_IT), isTheirs)

  proves(
    "✓ and exit code 0 without having done anything: it is still ours, and that is a failure",
    [held],
    atRelease('echo "✓ Updated issue: bd-a — boom"; exit 0'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        const result = yield* Effect.either(beads.release(ID, ours))
        assert(Either.isLeft(result) && result.left instanceof TrackerFailed, JSON.stringify(result))
        assert.strictEqual((yield* tracker.read(ID)).assignee, ours)
      })
  )

  proves(
    "given back, and exit code 1 with an error: it is free",
    [held],
    atRelease('"$BD" "$@" >/dev/null 2>&1; echo "Error: database is locked" >&2; exit 1'),
    (beads, { tracker }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* beads.release(ID, ours))._tag, "Released")
        assert.deepInclude(yield* tracker.read(ID), { status: "open", assignee: undefined })
      })
  )
})
