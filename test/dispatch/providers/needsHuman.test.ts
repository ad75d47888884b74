import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endingOf } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import type { Needed } from "../../../src/domain/Needed.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { FakeBeadsState } from "../../../src/testing/index.ts"
import { assertNothingLeft, fakes, outcomesByBug, type World } from "../support.ts"
import * as hours from "./hours.ts"

const world = (providers: ReadonlyArray<string | Record<string, string>>, bugs = 4): World => ({
  beads: {
    issues: Array.from({ length: bugs }, (_, n) => ({ id: `bd-${n + 1}`, title: `bug ${"x".repeat(n + 1)}` }))
  },
  settings: {
    providers: providers.map((each) => (typeof each === "string" ? { name: each } : each)),
    limits: { maxDispatches: 1 }
  }
})

const nextHour = Effect.map(hours.nextHour, ({ asked, lines, result, started }) => ({
  started,
  asked,
  lines,
  exit: result.exit,
  outcomes: outcomesByBug(result.outcomes)
}))

const needs = (kind: Needed["kind"]) => hours.endJobs(1, { words: "it says so", needs: { kind, next: "do this" } })
const retry = (id: string) => Effect.flatMap(Journal, (journal) => journal.clear(BeadsId.make(id)))
const ends = Effect.flatMap(Journal, (journal) =>
  Effect.map(journal.since(0), (all) => all.flatMap((each) => endingOf(each) ?? []))
)
const inWorld = <A, E, R>(of: World, effect: Effect.Effect<A, E, R>) => Effect.provide(effect, fakes(of))

describe("a login that a provider lacks", () => {
  it.effect("stops that provider, which is passed over and says what to do; the next one takes the work", () =>
    inWorld(
      world(["opencode", "cc-glm"]),
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
        yield* needs("login")
        const second = yield* nextHour
        assert.deepStrictEqual([second.started, second.asked, second.exit], [["cc-glm"], ["cc-glm"], 3])
        const passedOver = second.lines.find((line) => line.includes("PROVIDER_FALLBACK")) ?? ""
        assert.include(
          passedOver,
          'from=opencode to=cc-glm reason="needs a login from you: do this; then: nightly-dispatch retry bd-1.'
        )
        const ended = second.lines.find((line) => line.includes("JOB_FAILED")) ?? ""
        assert.include(ended, "JOB_FAILED beads=bd-1 provider=opencode end=needs_human needs=login blame=none ")
        assert.isFalse(second.lines.some((line) => line.includes("PROVIDER_PROBATION")))
        yield* assertNothingLeft
      })
    )
  )

  it.effect("burns a job only after longer and longer waits, until a retry says that it is there", () =>
    inWorld(
      world(["opencode"], 1),
      Effect.gen(function* () {
        const startedAt: Array<number> = []
        for (let hour = 1; hour <= 24; hour++) {
          const { started } = yield* nextHour
          if (started.length > 0) startedAt.push(hour)
          yield* needs("login")
        }
        // Each job is settled by the run that follows it by an hour.
        assert.deepStrictEqual(startedAt, [1, 3, 6, 11, 20])
        const found = yield* ends
        assert.deepStrictEqual(new Set(found.map(({ end }) => end)), new Set(["needs_human"]))
        assert.isTrue(found.every(({ blame }) => blame === undefined))
        yield* retry("bd-1")
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
        yield* hours.endJobs(0)
        yield* nextHour
        assert.strictEqual((yield* ends).at(-1)?.end, "succeeded")
      })
    )
  )

  it.effect("is there if the model answers its preflight, unless jobs keep contradicting it", () =>
    inWorld(
      world([{ name: "opencode", preflight: "model" }], 1),
      Effect.gen(function* () {
        const startedAt: Array<number> = []
        for (let hour = 1; hour <= 12; hour++) {
          const { started } = yield* nextHour
          if (started.length > 0) startedAt.push(hour)
          yield* needs("login")
        }
        assert.isAtMost(startedAt.length, 5)
        assert.deepStrictEqual(startedAt.slice(0, 3), [1, 2, 3])
      })
    )
  )
})

describe("a permission or a secret that one bug's job lacks", () => {
  it.effect("holds that bug with that provider; another one takes it, and both work on other bugs", () =>
    inWorld(
      world(["opencode", "cc-glm"], 2),
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
        yield* needs("permission")
        assert.deepStrictEqual((yield* nextHour).started, ["cc-glm"])
        yield* hours.endJobs(0)
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
      })
    )
  )

  it.effect("leaves the bug alone if there is no other provider, says what to do, and a retry frees it", () =>
    inWorld(
      world(["opencode"], 1),
      Effect.gen(function* () {
        const startedAt: Array<number> = []
        let last = yield* nextHour
        for (let hour = 1; hour <= 24; hour++) {
          if (last.started.length > 0) startedAt.push(hour)
          yield* needs("secret")
          last = yield* nextHour
        }
        assert.isAtMost(startedAt.length, 5)
        assert.strictEqual(last.outcomes["bd-1"], "Skipped needs_human")
        const skipped = last.lines.find((line) => line.includes("DISPATCH_SKIPPED beads=bd-1 reason=needs_human")) ?? ""
        assert.include(
          skipped,
          "opencode needs a secret from you: do this; then: nightly-dispatch retry bd-1; without that"
        )
        const comments = yield* Effect.flatMap(FakeBeadsState, (state) => state.comments)
        assert.lengthOf(comments, 1, "the bug is told once")
        assert.include(comments[0]?.text, "Next step: do this; then nightly-dispatch retry bd-1.")
        yield* retry("bd-1")
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
      })
    )
  )
})
