import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { belongsHere } from "../../../src/dispatch/settle/belongsHere.ts"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import { CallLog } from "../../../src/testing/index.ts"
import { inWorld, options, withLog, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, heldIssue, job } from "./support.ts"

const HERE = { repository: options.repository, trackers: ["/src/app/.beads"] }
const MINUTE = 60_000
const ELSEWHERE = { name: "app", path: "/src/other" }

describe("whether an attempt belongs to this run's tracker", () => {
  for (const [tracker, repository, expected] of [
    ["/src/app/.beads", options.repository, true],
    ["/src/app/.beads", ELSEWHERE, true],
    ["/src/other/.beads", options.repository, false],
    [undefined, options.repository, true],
    [undefined, ELSEWHERE, false]
  ] as const) {
    it(`tracker ${tracker ?? "not recorded"}, repository ${repository.path}: ${expected ? "yes" : "no"}`, () => {
      assert.strictEqual(belongsHere(attemptLeftIn("claimed", { tracker, repository }), HERE), expected)
    })
  }

  it("a run without a tracker's directory compares the repository", () => {
    const attempt = attemptLeftIn("claimed", { tracker: "/src/app/.beads" })
    assert.isTrue(belongsHere(attempt, { ...HERE, trackers: [] }))
    assert.isFalse(belongsHere(attempt, { repository: ELSEWHERE, trackers: [] }))
  })
})

describe("settling an attempt of another tracker", () => {
  const world = (age: number): World => ({
    beads: { issues: [heldIssue] },
    journal: {
      identity: { trackers: HERE.trackers },
      attempts: [attemptLeftIn("acknowledged", { tracker: "/src/other/.beads", createdAt: -age, updatedAt: -age })]
    },
    runner: { jobs: [job()] }
  })
  const settleHere = withLog(settleNow(options))
  const touched = Effect.map(
    Effect.flatMap(CallLog, ({ calls }) => calls),
    (calls) =>
      calls
        .map(({ method }) => method)
        .filter((method) => ["job", "stop", "show", "release", "discard", "endLeftovers"].includes(method))
  )

  it.effect("leaves it alone and names it, until its job is certainly over", () =>
    inWorld(
      world(130 * MINUTE),
      Effect.gen(function* () {
        const { lines, result } = yield* settleHere
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        assert.isTrue(lines.some((line) => /WARN bd-1: .*it belongs to the tracker \/src\/other\/.beads/.test(line)))
        assert.isTrue(Option.getOrThrow(result).open.has(attemptLeftIn("claimed").beads))
        assert.isEmpty(yield* touched)
      })
    )
  )

  it.effect("then settles it in the journal only", () =>
    inWorld(
      world(130 * MINUTE + 1),
      Effect.gen(function* () {
        yield* settleHere
        const { attempt, issue } = yield* firstBug
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "lost", blame: "host" })
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        assert.isEmpty(yield* touched)
      })
    )
  )
})
