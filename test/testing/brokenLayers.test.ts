import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, Option } from "effect"
import {
  contract,
  FakeExistingWork,
  FakeJournal,
  FakeOutbox,
  FakeVerifier,
  FakeVerifierState,
  type Contract
} from "../../src/testing/index.ts"
import { beadsId } from "../contract/support.ts"

/** The promises that a layer breaks. */
const brokenOf = (suite: Contract) =>
  Effect.forEach(suite, ({ group, name, test }) =>
    Effect.map(Effect.exit(test), (exit) => (Exit.isSuccess(exit) ? [] : [`${group} ${name}`.trim()]))
  ).pipe(
    Effect.map((broken) => broken.flat()),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const worldOf = <R, E>(layer: Layer.Layer<R, E>) => Effect.sync(() => ({ layer }))

describe("a layer that breaks a promise fails the tests of it, and no others", () => {
  it.live("a journal that does not resume", () =>
    Effect.gen(function* () {
      const layer = FakeJournal.layer({ faults: [FakeJournal.on("resume").answers(() => undefined)] })
      assert.deepStrictEqual(yield* brokenOf(contract.journal(worldOf(layer))), [
        "pauses nothing is paused until somebody pauses, and no more when somebody resumes",
        "pauses a pause of one host covers that host alone, beside a pause of all; each is ended by itself"
      ])
    })
  )

  it.live("a journal that never has anything to prune", () =>
    Effect.gen(function* () {
      const layer = FakeJournal.layer({ faults: [FakeJournal.on("prunable").answers(() => [])] })
      assert.deepStrictEqual(yield* brokenOf(contract.journal(worldOf(layer))), [
        "prune removes the old retries of bugs that are over",
        "prune removes old settled attempts of bugs that are over, with their runs, and nothing else",
        "prune an old notice goes, unless its bug is not over"
      ])
    })
  )

  it.live("a journal whose lock everybody gets", () =>
    Effect.gen(function* () {
      const layer = FakeJournal.layer({ faults: [FakeJournal.on("lock").answers(() => Option.none())] })
      assert.deepStrictEqual(yield* brokenOf(contract.journal(worldOf(layer))), [
        "the lock belongs to one run until its scope closes, and names the holder to others",
        "the lock is taken by one of many callers at once",
        "the lock that settles one job at a time lets a waiting run go first"
      ])
    })
  )

  it.live("queries that know no bugs", () =>
    Effect.gen(function* () {
      const layer = FakeJournal.layer({ queryFaults: [FakeJournal.onQuery("bugs").answers(() => [])] })
      assert.deepStrictEqual(yield* brokenOf(contract.journalQueries(worldOf(layer))), [
        "bugs: each bug that had an attempt lately, once"
      ])
    })
  )

  it.live("an outbox that leaves no condition open", () =>
    Effect.gen(function* () {
      const layer = FakeOutbox.layer({ faults: [FakeOutbox.on("open").answers(() => [])] })
      assert.deepStrictEqual(yield* brokenOf(contract.outbox(worldOf(layer))), [
        "compare: the open conditions are those that it leaves open, by key",
        "compare: a decision that dies changes nothing, and later ones go on",
        "keeps no secret: neither in conditions nor in messages nor in why one was not sent"
      ])
    })
  )

  it.live("existing work that is never found", () =>
    Effect.gen(function* () {
      const layer = FakeExistingWork.layer({ faults: [FakeExistingWork.on("find").answers(() => new Map())] })
      const world = Effect.succeed({ layer, repository: { name: "app", path: "/src/app" }, worked: ["bd-1"] })
      assert.deepStrictEqual(yield* brokenOf(contract.existingWork(world)), [
        "finds the work of the bugs it is asked for, each in one line, and of no others"
      ])
    })
  )

  it.live("a verifier that says of every check that it has stopped it", () =>
    Effect.gen(function* () {
      const world = Effect.gen(function* () {
        const checks = { "bd-fails": { exitCode: 3, lines: [contract.LAST_LINE] } }
        const faults = [FakeVerifier.on("stop").answers(() => true)]
        const context = yield* Layer.build(FakeVerifier.layer({ checks, faults }))
        const state = Context.get(context, FakeVerifierState)
        const each = (act: (id: string) => Effect.Effect<void>) =>
          Effect.flatMap(state.checks, (all) => Effect.forEach(all.keys(), act, { discard: true }))
        return {
          layer: Layer.succeedContext(context),
          request: (kind: string) => ({
            beads: beadsId(`bd-${kind}`),
            command: ["npm"] as const,
            worktree: "/fake/bd-1"
          }),
          other: "/fake/+base-bd-1",
          finish: each((id) => state.finish(id)),
          crash: each((id) => state.turn(id, { phase: "gone", why: "it crashed" }))
        }
      })
      assert.deepStrictEqual(yield* brokenOf(contract.verifier(world)), [
        "a stop ends it with all its processes, and its state says so",
        "an attempt's check in one worktree is not its check in another"
      ])
    })
  )
})
