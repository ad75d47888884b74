import { assert, describe, it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Either, Layer, type Scope } from "effect"
import * as BdBeads from "../../../src/beads/bd/BdBeads.ts"
import { BeadsCli, type Beads } from "../../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { beadsId, NASTY_TEXT, sameMembers } from "../../contract/support.ts"
import { bdWorld, scratch, type BdWorld, type BdWorldOptions, type Version } from "./bdWorld.ts"

// The contract suite calls the fake bd as a function. These tests show what only a process shows: exit codes, streams,
// arguments, environment and signals.

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug = beadsId("bd-a")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const open: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }

const onProcesses = <A, E>(
  seed: ReadonlyArray<SeedIssue>,
  body: (beads: Beads, world: BdWorld) => Effect.Effect<A, E>,
  { version = "1.0.3", ...options }: BdWorldOptions & { readonly version?: Version } = {}
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.flatMap(bdWorld(version, seed, { processes: "answered", ...options }), (world) =>
    Effect.flatMap(BeadsCli, (beads) => body(beads, world)).pipe(Effect.provide(world.layer))
  )

const failureOf = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.either(effect), (result) => {
    assert(Either.isLeft(result), `expected a failure, got ${JSON.stringify(result)}`)
    return result.left
  })

const isOurs = (world: BdWorld) =>
  world.row("bd-a")?.status === "in_progress" && world.row("bd-a")?.assignee === String(ours)

describe.concurrent("a bd process", { timeout: 20_000 }, () => {
  it.scopedLive("an exit code of 0 and rows on stdout are read as success: claim, heartbeat, release", () =>
    onProcesses([open], (beads, world) =>
      Effect.gen(function* () {
        yield* beads.claim(bug, ours)
        assert.isTrue(isOurs(world))
        assert.strictEqual((yield* beads.heartbeat(bug, ours))._tag, "Alive")
        assert.strictEqual((yield* beads.release(bug, ours))._tag, "Released")
        assert.strictEqual((yield* beads.show(bug))?.status, "open")
        assert.isUndefined(yield* beads.show(beadsId("bd-zzzz")))
      })
    )
  )

  it.scopedLive("an exit code of 1 and a message on stderr are read as the reason of a failed claim", () =>
    onProcesses(
      [open],
      (beads) =>
        Effect.gen(function* () {
          const failure = yield* failureOf(beads.claim(bug, ours))
          assert(failure instanceof ClaimFailed)
          assert.deepInclude({ ...failure }, { reason: "held", holder: "Recovery Agent" })
        }),
      { fault: "update=sorry:Error claiming bd-a: issue already claimed by Recovery Agent" }
    )
  )

  it.scopedLive("stdout is read whole beyond the size of a pipe", () => {
    const many = Array.from({ length: 64 }, (_, i) => ({
      id: `bd-m${i}`,
      title: `bug ${i} ${NASTY_TEXT}`,
      description: "x".repeat(4_000),
      priority: i % 2
    }))
    return onProcesses(many, (beads) =>
      Effect.gen(function* () {
        const { issues } = yield* beads.openBugs(bugs)
        sameMembers(
          issues.map(({ title }) => title),
          many.map(({ title }) => title)
        )
      })
    )
  })

  it.scopedLive("arguments and a comment's file reach bd unchanged", () =>
    onProcesses([open], (beads, world) =>
      Effect.gen(function* () {
        const label = "$(touch /tmp/owned) `id` \"two words\" 'x' \\n"
        yield* beads.label(bug, ours, label)
        yield* beads.comment(bug, ours, NASTY_TEXT)
        assert.deepStrictEqual(world.row("bd-a")?.["labels"], [label])
        assert.deepStrictEqual(yield* world.elsewhere.comments?.("bd-a") ?? Effect.succeed([]), [NASTY_TEXT])
      })
    )
  )

  it.scopedLive("bd 0.46.0 gets a comment's author by the environment", () =>
    onProcesses(
      [open],
      (beads, world) =>
        Effect.gen(function* () {
          yield* beads.comment(bug, ours, "text")
          assert.deepStrictEqual(
            world.changes().map(({ action, actor }) => `${action} ${actor}`),
            [`comment ${ours}`]
          )
        }),
      { version: "0.46.0", environment: { USER: "root" } }
    )
  )
})

describe.concurrent("a bd process that does not end by itself", () => {
  const short = { timeout: 3_000, settleDelay: 20 }

  for (const fault of ["hang", "stubborn"]) {
    it.scopedLive(
      `is ended after the time limit under list=${fault}`,
      () => {
        const start = performance.now()
        return onProcesses(
          [open],
          (beads) =>
            Effect.gen(function* () {
              const failure = yield* failureOf(beads.openBugs(bugs))
              assert.deepInclude({ ...failure }, { reason: "timeout", blame: "tracker" })
              assert.isBelow(performance.now() - start, 8_000)
            }),
          { ...short, timeout: 1_800, fault: `list=${fault}` }
        )
      },
      15_000
    )
  }

  it.scopedLive(
    "is ended when it prints too much",
    () =>
      onProcesses(
        [open],
        (beads) =>
          Effect.map(failureOf(beads.openBugs(bugs)), ({ reason }) => assert.strictEqual(reason, "too_much_output")),
        { ...short, processes: true, timeout: 15_000, fault: "list=flood" }
      ),
    20_000
  )

  it.scopedLive(
    "and made no claim that shows: the claim fails with unknown",
    () =>
      onProcesses(
        [open],
        (beads, world) =>
          Effect.gen(function* () {
            const failure = yield* failureOf(beads.claim(bug, ours))
            assert(failure instanceof ClaimFailed)
            assert.strictEqual(failure.reason, "unknown")
            assert.strictEqual(world.row("bd-a")?.status, "open")
          }),
        { ...short, fault: "update=hang" }
      ),
    15_000
  )

  it.scopedLive(
    "but made the claim: the claim succeeds",
    () =>
      onProcesses([open], (beads, world) => Effect.map(beads.claim(bug, ours), () => assert.isTrue(isOurs(world))), {
        ...short,
        fault: "update=late"
      }),
    15_000
  )
})

describe("a bd that is missing", () => {
  for (const [what, command, blame] of [
    ["by name", "no-such-bd-anywhere", "host"],
    ["by path", "/nonexistent/bd", "config"]
  ] as const) {
    it.scopedLive(`${what} fails with not_found and blames the ${blame}`, () =>
      Effect.gen(function* () {
        const { dir } = yield* bdWorld("1.0.3", [open])
        const layer = BdBeads.layer({ command, dir, cwd: yield* scratch, timeout: 5_000 })
        const beads = yield* Effect.provide(
          BeadsCli,
          layer.pipe(Layer.provide(NodeExec.layer), Layer.provide(NodeContext.layer))
        )
        for (const failure of [yield* failureOf(beads.claim(bug, ours)), yield* failureOf(beads.version)]) {
          assert(failure instanceof TrackerFailed)
          assert.deepInclude({ ...failure }, { reason: "not_found", blame })
          assert.notMatch(failure.message, /[\r\n]/)
        }
      })
    )
  }
})
