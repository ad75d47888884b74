import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { Fleet, OURS, type Tenure } from "../../../src/journal/Fleet.ts"
import { FakeBeadsState, FakeJournal, FakeJournalState, FakeRunnerState } from "../../../src/testing/index.ts"
import { OTHER_MARK } from "../../contract/support.ts"
import { inWorld, options, outcomesByBug, withLog, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, endOf, firstBug, heldIssue } from "./support.ts"

const actor = actorOf(EARLIER, 1, "vm-2", OTHER_MARK)

/** A bug that an attempt of vm-2 holds, made long ago by this host's clock, and two that are free. */
const world: World = {
  settings: { limits: { maxParallel: 1, maxDispatches: 1 } },
  beads: {
    issues: [
      { ...heldIssue, assignee: actor },
      { id: "bd-2", title: "another one" }
    ]
  },
  journal: { attempts: [attemptLeftIn("acknowledged", { actor })] }
}

/** A fleet with vm-2, whose attempts are in this tenure. */
const among = (tenure: Tenure) =>
  Effect.provideService(Fleet, {
    ...Context.get(Context.empty(), Fleet),
    others: Effect.succeed(new Set([OTHER_MARK])),
    tenure: (whose) => Effect.succeed(whose === actor ? tenure : OURS)
  })

const theirs: Tenure = { _tag: "Theirs", host: "vm-2", left: 60_000 }
const free: Tenure = { _tag: "Free", host: "vm-2", why: "vm-2 was evicted: its disk failed" }

describe("an attempt of another host that shares the journal", () => {
  it.effect("is left alone, without an alert and without advice to adopt, and takes no place of this host", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        const { lines, result } = yield* withLog(nightlyRun(options)).pipe(among(theirs))
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(issue?.assignee, actor)
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(outcomesByBug(result.outcomes)["bd-2"], "Dispatched")
        assert.strictEqual(result.exit, 0)
        assert.isTrue(lines.some((line) => /INFO bd-1: left alone: vm-2 has it, at least until /.test(line)))
        assert.isFalse(
          lines.some((line) => /WARN.*bd-1|state adopt/.test(line)),
          lines.join("\n")
        )
        assert.isEmpty(yield* (yield* FakeJournalState).notices)
        const calls = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "stop")
        assert.isEmpty(calls)
      })
    )
  )

  it.effect("is settled as lost once it is free: its claim is released, and the run exits with 3", () =>
    inWorld(
      world,
      Effect.gen(function* () {
        const { exit } = yield* among(free)(nightlyRun(options))
        const { attempt } = yield* firstBug
        assert.strictEqual(endOf(attempt), "lost")
        assert(attempt?.phase === "settled")
        assert.match(attempt.detail, /vm-2 was evicted: its disk failed; its job and its worktree are on vm-2/)
        const releases = (yield* (yield* FakeBeadsState).calls).filter(({ method }) => method === "release")
        assert.lengthOf(releases, 1)
        assert.strictEqual(exit, 3)
      })
    )
  )

  it.effect("keeps a claim that is another attempt's by now", () =>
    inWorld(
      { ...world, beads: { issues: [{ ...heldIssue, assignee: "alice" }] } },
      Effect.gen(function* () {
        yield* among(free)(nightlyRun(options))
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(endOf(attempt), "lost")
        assert.strictEqual(issue?.assignee, "alice")
      })
    )
  )

  it.effect("is left alone after all if its host takes a step meanwhile", () =>
    inWorld(
      {
        ...world,
        journal: {
          ...world.journal,
          faults: [
            FakeJournal.on("advance")
              .fails(new JournalFailed({ file: "memory", reason: "fenced", detail: "vm-2 has time left" }))
              .times(1)
          ]
        }
      },
      Effect.gen(function* () {
        const { lines, result } = yield* withLog(nightlyRun(options)).pipe(among(free))
        assert.strictEqual((yield* firstBug).issue?.assignee, actor)
        assert.isTrue(lines.some((line) => /INFO bd-1: left alone: vm-2 works on it after all/.test(line)))
        assert.strictEqual(result.exit, 0)
      })
    )
  )
})
