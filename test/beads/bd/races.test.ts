import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { beadsId } from "../../contract/support.ts"
import { bdWorld, type Answer, type BdWorldOptions, type Version } from "./bdWorld.ts"

const RACER = fileURLToPath(new URL("racer.js", import.meta.url))

type BdAnswer = Effect.Effect.Success<ReturnType<Answer>>

/** Processes that answer the calls of one racer each. Starting Node for each call would cost most of the test. */
const racers = Array.from({ length: 4 }, (_, i) => {
  const racer = fork(RACER, { execArgv: [] })
  // The answers come in the order of the requests.
  const waiting: Array<(answer: BdAnswer) => void> = []
  racer.on("message", (answer) => waiting.shift()?.(answer as BdAnswer))
  const answer: Answer = (...request) =>
    Effect.async((resume) => {
      waiting.push((answer) => resume(Effect.succeed(answer)))
      racer.send(request)
    })
  return { racer, answer, actor: Actor.make(`nightly-dispatch/vm-${i}/20261122T030000Z-00000${i}/1`) }
})

afterAll(() => {
  for (const { racer } of racers) racer.disconnect()
})

/** Four simultaneous claims of one bug, each with a process of its own that is its bd. */
const race = (version: Version, options: BdWorldOptions) =>
  Effect.gen(function* () {
    const world = yield* bdWorld(version, [{ id: "bd-a", title: "boom", priority: 0 }], {
      settleDelay: 300,
      ...options
    })
    const results = yield* Effect.forEach(
      racers,
      // One layer for each, as in overlapping runs.
      ({ actor, answer }) =>
        Effect.flatMap(BeadsCli, (beads) => Effect.either(beads.claim(beadsId("bd-a"), actor))).pipe(
          Effect.provide(world.layerOn(answer))
        ),
      { concurrency: "unbounded" }
    )
    const winners = results.filter(Either.isRight).map((won) => String(won.right.actor))
    const changes = world.changes()
    assert.isAbove(new Set(changes.map(({ pid }) => pid)).size, 1, "several processes must have tried")
    const accepted = changes.filter((change) => change.action === "claim" && change.done)
    return { winners, accepted: accepted.map((change) => change.actor), holder: world.row("bd-a")?.assignee }
  })

describe("simultaneous claims", () => {
  it.scopedLive(
    "bd-XXXX.3.1 bd 0.46.0 reports success to several claims; ours succeeds only for the assignee",
    () =>
      Effect.map(
        race("0.46.0", { environment: { FAKE_BD_RACE_MS: "700" }, settleDelay: 1_500 }),
        ({ winners, accepted, holder }) => {
          assert.isAbove(accepted.length, 1, "bd must have lied for this to prove anything")
          assert.deepStrictEqual(winners, [holder])
        }
      ),
    30_000
  )

  for (const version of ["0.49.6", "1.2.1"] as const) {
    it.scopedLive(
      `bd ${version} accepts one claim, and only that one succeeds here`,
      () =>
        Effect.map(race(version, {}), ({ winners, accepted, holder }) => {
          assert.deepStrictEqual(winners, [holder])
          assert.deepStrictEqual(accepted, [holder])
        }),
      30_000
    )
  }
})
