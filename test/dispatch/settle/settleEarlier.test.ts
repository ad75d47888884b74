import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Scope, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import { ackOf, Attempt, endingOf, type AttemptPhase } from "../../../src/domain/Attempt.ts"
import { JournalFailed, RunnerFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import { fakeAttempt, type FakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { fakes, nothingLeft, options, RUN, tags, withLog, type World } from "../support.ts"

const opencode = ProviderName.make("opencode")
const EARLIER = RunId.make("20261122T020000Z-000001")
const HOUR = 3_600_000

const actorOf = (run: string, attempt = 1, host = "vm-1") => Actor.make(`nightly-dispatch/${host}/${run}/${attempt}`)

/** An attempt as an earlier run has left it. */
const left = (phase: AttemptPhase, changes: FakeAttempt = {}): Attempt =>
  fakeAttempt(phase, {
    actor: actorOf(EARLIER),
    run: EARLIER,
    repository: options.repository,
    createdAt: -10 * HOUR,
    updatedAt: -10 * HOUR,
    ...changes
  })

const endOf = (attempt: Attempt | undefined) => attempt && endingOf(attempt)?.end

const held = { id: "bd-1", status: "in_progress", assignee: actorOf(EARLIER) }
const job = (changes: Partial<Job> = {}): Job =>
  new Job({
    beads: BeadsId.make("bd-1"),
    provider: opencode,
    phase: "running",
    pid: 7,
    runInstance: "run-1",
    startedAt: -9 * HOUR,
    ...changes
  })

/** A run of the state directory that these digits stand for. */
const tagged = (tag: string) => ({ ...options, run: RunId.make(`${RUN}${tag}`) })

/** Attempts of that many bugs, cut short an hour ago. */
const cutShort = (count: number): World => {
  const ids = Array.from({ length: count }, (_, index) => BeadsId.make(`bd-${index + 1}`))
  const attempts = ids.map((beads, index) => left("claimed", { beads, actor: actorOf(EARLIER, index + 1) }))
  return {
    beads: { issues: attempts.map(({ actor, beads }) => ({ ...held, id: beads, assignee: actor })) },
    journal: { attempts }
  }
}

let runs = 0
/** A run of its own id, with its log. */
const night = Effect.suspend(() =>
  withLog(nightlyRun({ ...options, run: RunId.make(`20261122T03000${(runs = (runs + 1) % 10)}Z-4f2a9${runs}`) }))
).pipe(Effect.map(({ lines, result }) => ({ lines, report: result })))

const settling = Effect.map(withLog(settleNow(options)), ({ lines, result }) => ({
  lines,
  report: result
}))

const now = Effect.gen(function* () {
  const [beads, journal] = yield* Effect.all([FakeBeadsState, FakeJournalState])
  const [issue] = yield* beads.issues
  const [attempt] = yield* journal.attempts
  return { issue, attempt, comments: yield* beads.comments }
})

const inWorld = <A, E, R>(world: World, effect: Effect.Effect<A, E, R>) => Effect.provide(effect, fakes(world))

/** Runs a night whose jobs leave work behind, or none, and end with this code. */
const nightThenEnd = (exitCode: number, work: boolean) =>
  Effect.gen(function* () {
    yield* night
    const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
    if (work) {
      for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 2)
    }
    yield* runner.finish("bd-1", exitCode)
    yield* TestClock.adjust("30 minutes")
  })

describe("settling a job that has ended", () => {
  const one: World = { beads: { issues: [{ id: "bd-1" }] } }

  it.effect("well, with work: the claim goes back, and no dispatcher takes the bug before its work is looked at", () =>
    inWorld(
      one,
      Effect.gen(function* () {
        yield* nightThenEnd(0, true)
        yield* settling
        const { attempt, comments, issue } = yield* now
        assert.strictEqual(endOf(attempt), "succeeded")
        assert.deepInclude({ ...issue }, { status: "open", assignee: undefined })
        assert.deepStrictEqual([...(issue?.labels ?? [])], [REVIEW_LABEL])
        assert.lengthOf(comments, 1)
        assert.match(comments[0]?.text ?? "", /\/fake\/agents\/bd-1\/app .*remove the label nightly-dispatch-review/)
        assert.lengthOf(yield* (yield* FakeWorkspacesState).workspaces, 1)
        assert.isEmpty(yield* (yield* FakePromptsState).files)
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Skipped awaiting_review" })
      })
    )
  )

  it.effect("well, where the tracker takes no label: this dispatcher at least remembers", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [
            FakeBeads.on("label").fails(
              new TrackerFailed({ operation: "label", reason: "refused", detail: "unknown flag", blame: "tracker" })
            )
          ]
        }
      },
      Effect.gen(function* () {
        yield* nightThenEnd(0, true)
        yield* settling
        assert.isUndefined((yield* now).issue?.assignee)
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Skipped awaiting_review" })
      })
    )
  )

  it.effect("well, and nothing changed: no work, so it counts as an attempt of the bug's own", () =>
    inWorld(
      one,
      Effect.gen(function* () {
        yield* nightThenEnd(0, false)
        yield* settling
        const { attempt, issue } = yield* now
        assert.deepInclude({ ...attempt }, { end: "no_op", blame: "issue", phase: "settled" })
        assert.isUndefined(issue?.assignee)
        assert.isEmpty(issue?.labels ?? ["?"])
        yield* nothingLeft
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Skipped backing_off" })
      })
    )
  )

  it.effect("badly: given back, tried again after an hour, and told in the next prompt", () =>
    inWorld(
      one,
      Effect.gen(function* () {
        yield* nightThenEnd(7, false)
        const first = yield* night
        assert.strictEqual(first.report.settled, 1)
        assert.deepStrictEqual(tags(first.report.outcomes), { "bd-1": "Skipped backing_off" })
        yield* TestClock.adjust("61 minutes")
        assert.deepStrictEqual(tags((yield* nightlyRun({ ...options, run: EARLIER })).outcomes), {
          "bd-1": "Dispatched"
        })
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.match(prompt?.text ?? "", /attempt 1 by opencode: failed; the job failed \(opencode, exit 7/)
      })
    )
  )

  it.effect("closed by its agent meanwhile: it stays closed", () =>
    inWorld(
      one,
      Effect.gen(function* () {
        yield* nightThenEnd(0, true)
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "closed", closedAt: 5 })
        yield* settling
        const { attempt, comments, issue } = yield* now
        assert.strictEqual(endOf(attempt), "succeeded")
        assert.strictEqual(issue?.status, "closed")
        assert.isEmpty(comments)
      })
    )
  )
})

describe("settling what a run that was killed has left", () => {
  for (const phase of ["intended", "claimed", "workspace", "prompt", "starting"] as const) {
    it.effect(`in phase ${phase}: the claim goes back, and the bug is dispatched in the same run`, () =>
      inWorld(
        { beads: { issues: [held] }, journal: { attempts: [left(phase)] } },
        Effect.gen(function* () {
          const { report } = yield* night
          assert.strictEqual(report.settled, 1)
          assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Dispatched" })
          yield* nothingLeft
          const [first] = yield* (yield* FakeJournalState).attempts
          assert.deepInclude({ ...first }, { phase: "settled", end: "lost", blame: "host" })
        })
      )
    )
  }

  it.effect("its prompt goes with its claim, and stays for now when the claim is somebody else's", () =>
    Effect.forEach(
      [
        { issue: held, prompts: 0 },
        { issue: { ...held, assignee: "nightly-dispatch/another-host/20261122T030000Z-000000/1" }, prompts: 1 }
      ],
      ({ issue, prompts }) =>
        inWorld(
          { beads: { issues: [issue] }, journal: { attempts: [left("starting")] } },
          Effect.gen(function* () {
            const store = yield* PromptStore
            yield* Scope.extend(store.write(BeadsId.make("bd-1"), "x"), yield* Scope.make())
            yield* TestClock.adjust("1 hour")
            yield* settling
            assert.strictEqual((yield* (yield* FakePromptsState).files).length, prompts)
          })
        )
    )
  )

  it.effect("started and not acknowledged: a job that runs is adopted with its claim", () =>
    inWorld(
      {
        beads: { issues: [held] },
        journal: { attempts: [left("starting", { previousRun: "run-0" })] },
        runner: { jobs: [job()] }
      },
      Effect.gen(function* () {
        yield* settling
        const { attempt, issue } = yield* now
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(attempt && ackOf(attempt)?.runInstance, "run-1")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        yield* nothingLeft
      })
    )
  )

  it.effect("yesterday's job of the same bug is not taken for this attempt's", () =>
    inWorld(
      {
        beads: { issues: [held] },
        journal: { attempts: [left("starting", { previousRun: "run-1" })] },
        runner: { jobs: [job({ phase: "succeeded", startedAt: -30 * HOUR })] }
      },
      Effect.gen(function* () {
        yield* settling
        const { attempt, issue } = yield* now
        assert.strictEqual(endOf(attempt), "lost")
        assert.isUndefined(issue?.assignee)
        assert.isEmpty(issue?.labels ?? ["?"])
      })
    )
  )

  it.effect("what may still be under way is left for the next run", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { attempts: [left("intended", { updatedAt: -1000 })] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Skipped unsettled" })
        // The tracker call that the killed run had made comes through only now.
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "in_progress", assignee: actorOf(EARLIER) })
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Dispatched" })
        yield* nothingLeft
      })
    )
  )

  it.effect("a claim that came through after its attempt was settled is found again", () =>
    inWorld(
      {
        beads: { issues: [{ ...held, assignee: actorOf("20261122T020000Z-000001abcd") }] },
        journal: {
          attempts: [
            left("settled", { actor: actorOf("20261122T020000Z-000001abcd"), end: "lost", updatedAt: -2 * HOUR })
          ]
        }
      },
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 10, 22, 3))
        yield* settleNow(tagged("abcd"))
        assert.isUndefined((yield* now).issue?.assignee)
        yield* nothingLeft
      })
    )
  )

  it.effect("while the runner cannot tell, claim and attempt stay", () =>
    inWorld(
      {
        beads: { issues: [held] },
        journal: { attempts: [left("acknowledged")] },
        runner: {
          faults: [
            FakeRunner.on("job").fails(new RunnerFailed({ operation: "report", detail: "no answer", blame: "runner" }))
          ]
        }
      },
      Effect.gen(function* () {
        const { lines } = yield* settling
        const { attempt, issue } = yield* now
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        assert.isTrue(
          lines.some((line) =>
            /bd-1: not settled yet, the next run tries again: the runner cannot tell: no answer/.test(line)
          )
        )
      })
    )
  )

  it.effect("a runner that hangs takes no longer than timeouts.run, and what was not looked at stays", () =>
    inWorld(
      {
        ...cutShort(20),
        settings: { timeouts: { run: "6 min" } },
        runner: { faults: [FakeRunner.on("job").delays("1 minute"), FakeRunner.on("running").delays("1 minute")] }
      },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(settling)
        yield* TestClock.adjust("8 minutes")
        const { lines } = yield* Fiber.join(fiber)
        const open = (yield* (yield* FakeJournalState).attempts).filter(({ phase }) => phase !== "settled")
        assert.strictEqual(open.length, 17)
        assert.isTrue(
          lines.some((line) =>
            line.includes("bd-20: not settled yet, the next run tries again: timeouts.run is used up")
          )
        )
      })
    )
  )

  it.effect("while the tracker does not answer, the end is remembered and the claim given back later", () =>
    inWorld(
      {
        beads: {
          issues: [held],
          faults: [
            FakeBeads.on("release")
              .fails(new TrackerFailed({ operation: "release", reason: "timeout", detail: "locked", blame: "tracker" }))
              .times(1)
          ]
        },
        journal: { attempts: [left("acknowledged")] },
        runner: { jobs: [job({ phase: "failed", exitCode: 3 })] }
      },
      Effect.gen(function* () {
        yield* settling
        assert.deepInclude({ ...(yield* now).attempt }, { phase: "ending", end: "failed" })
        yield* (yield* FakeRunnerState).forget("bd-1")
        yield* settling
        const { attempt, issue } = yield* now
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "failed", blame: "issue" })
        assert.isUndefined(issue?.assignee)
      })
    )
  )

  it.effect("a claim that somebody else has taken since is theirs", () =>
    inWorld(
      {
        beads: { issues: [{ ...held, assignee: "Recovery Agent" }] },
        journal: { attempts: [left("claimed")] }
      },
      Effect.gen(function* () {
        yield* settling
        const { attempt, issue } = yield* now
        assert.strictEqual(attempt?.phase, "settled")
        assert.strictEqual(issue?.assignee, "Recovery Agent")
      })
    )
  )
})

describe("a job that runs for too long", () => {
  const overdue: World = {
    beads: { issues: [held] },
    journal: { attempts: [left("acknowledged", { workspace: Workspace.make({ path: "/x", reused: true }) })] },
    runner: { jobs: [job()] }
  }

  it.effect("is ended, recorded as stalled, and its claim goes back", () =>
    inWorld(
      overdue,
      Effect.gen(function* () {
        yield* settling
        const { attempt, issue } = yield* now
        assert.deepInclude({ ...attempt }, { end: "stalled", blame: "issue", phase: "settled" })
        assert.isUndefined(issue?.assignee)
        const [ended] = yield* (yield* FakeRunnerState).jobs
        assert.strictEqual(ended?.phase, "stopped")
      })
    )
  )

  it.effect("and cannot be ended: claim and attempt stay, and an alert says so once", () =>
    inWorld(
      { ...overdue, runner: { jobs: [job()], faults: [FakeRunner.on("stop").answers(() => false)] } },
      Effect.gen(function* () {
        yield* settling
        yield* settling
        const { attempt, issue } = yield* now
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        assert.deepStrictEqual(
          (yield* (yield* FakeJournalState).alerts).map(({ kind }) => kind),
          ["claim_stuck"]
        )
      })
    )
  )

  it.effect("is left alone before limits.maxRuntime", () =>
    inWorld(
      { ...overdue, runner: { jobs: [job({ startedAt: -HOUR })] } },
      Effect.gen(function* () {
        yield* settling
        assert.strictEqual((yield* now).attempt?.phase, "acknowledged")
        const calls = yield* (yield* FakeRunnerState).calls
        assert.isFalse(calls.some(({ method }) => method === "stop"))
      })
    )
  )
})

describe("claims that only the tracker knows of", () => {
  const lost = (assignee: string): World => ({ beads: { issues: [{ ...held, assignee }] } })
  const settledWith = (assignee: string, world: World = lost(assignee), tag = "abcd") =>
    inWorld(
      world,
      Effect.gen(function* () {
        yield* settleNow(tagged(tag))
        return (yield* now).issue?.assignee
      })
    )

  it.effect("of this state directory are given back at once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 2, 5))
      assert.isUndefined(yield* settledWith(actorOf("20261122T020000Z-000001abcd")))
    })
  )

  it.effect("of another dispatcher on this host, of another host, or made by hand stay", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 2, 30))
      for (const actor of [
        actorOf("20261122T020000Z-000001ffff"),
        actorOf("20261122T020000Z-000001"),
        actorOf("20261122T020000Z-000001abcd", 1, "vm-2"),
        "nightly-dispatch/vm-1/20261122T020000Z-000001abcd/0",
        "nightly-dispatch/vm-1",
        "alice"
      ]) {
        assert.strictEqual(yield* settledWith(actor), actor)
      }
    })
  )

  it.effect("of another dispatcher on this host are given back when neither its run nor its job can be alive", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 5, 1))
      assert.isUndefined(yield* settledWith(actorOf("20261122T020000Z-000001ffff")))
    })
  )

  it.effect("with a job that runs are kept, and settled when it ends", () =>
    inWorld(
      {
        ...lost(actorOf("20261122T020000Z-000001abcd")),
        runner: { jobs: [job({ startedAt: 0 })] }
      },
      Effect.gen(function* () {
        const settle = settleNow(tagged("abcd"))
        yield* settle
        assert.isDefined((yield* now).issue?.assignee)
        yield* (yield* FakeRunnerState).finish("bd-1", 3)
        yield* settle
        const { attempt, issue } = yield* now
        assert.strictEqual(endOf(attempt), "failed")
        assert.isUndefined(issue?.assignee)
      })
    )
  )
})

describe("a run and its journal", () => {
  const full = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "disk full" })

  it.effect("does nothing while another run holds the lock", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { lockedBy: "process 42" } },
      Effect.gen(function* () {
        const { lines, report } = yield* night
        assert.strictEqual(report.exit, 0)
        assert.isEmpty(yield* (yield* FakeBeadsState).calls)
        assert.isTrue(lines.some((line) => /RUN_SKIPPED run=\S+ reason=locked holder="process 42"/.test(line)))
      })
    )
  )

  it.effect("ends with 6 before any claim when nothing can be written", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { faults: [FakeJournal.on("begin").fails(full)] } },
      Effect.gen(function* () {
        assert.strictEqual((yield* night).report.exit, 6)
        assert.isEmpty(yield* (yield* FakeBeadsState).calls)
      })
    )
  )

  for (const step of ["Claimed", "WorkspaceMade", "Prompted", "Starting"]) {
    it.effect(`puts everything back when ${step} cannot be written, and stops the run`, () =>
      inWorld(
        {
          beads: {
            issues: [
              { id: "bd-1", title: "a" },
              { id: "bd-2", title: "b" }
            ]
          },
          settings: { limits: { maxParallel: 1 } },
          journal: { faults: [FakeJournal.on("advance", step).fails(full).times(1)] }
        },
        Effect.gen(function* () {
          const { report } = yield* night
          assert.deepStrictEqual(tags(report.outcomes), {
            "bd-1": "Failed runner_error",
            "bd-2": "Skipped run_stopped"
          })
          assert.strictEqual(report.exit, 3)
          yield* nothingLeft
        })
      )
    )
  }

  it.effect("keeps a job whose acknowledgement cannot be written, and finds it in the next run", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        journal: { faults: [FakeJournal.on("advance", "Acknowledged").fails(full).times(1)] }
      },
      Effect.gen(function* () {
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Dispatched" })
        assert.strictEqual((yield* now).attempt?.phase, "starting")
        yield* settling
        assert.strictEqual((yield* now).attempt?.phase, "acknowledged")
        yield* nothingLeft
      })
    )
  )

  it.effect("writes down what every run did", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.strictEqual(
          JSON.stringify(yield* (yield* FakeJournalState).reports),
          JSON.stringify([report]),
          "what is absent and what is undefined are the same"
        )
      })
    )
  )

  it.effect("leaves a bug alone after maxAttempts, says so once, and tries again when its description changes", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, settings: { limits: { maxAttempts: 2 } } },
      Effect.gen(function* () {
        const runs = ["20261122T010000Z-000001", "20261122T020000Z-000002"].map((id) => RunId.make(id))
        for (const run of runs) {
          assert.deepStrictEqual(tags((yield* nightlyRun({ ...options, run })).outcomes), { "bd-1": "Dispatched" })
          yield* (yield* FakeRunnerState).finish("bd-1", 1)
          yield* settling
          yield* TestClock.adjust("30 hours")
        }
        for (let again = 0; again < 2; again++) {
          assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Skipped attempts_used_up" })
        }
        assert.lengthOf((yield* now).comments, 1)
        assert.deepStrictEqual(
          (yield* (yield* FakeJournalState).alerts).map(({ kind }) => kind),
          ["attempts_used_up"]
        )
        yield* (yield* FakeBeadsState).edit("bd-1", { description: "now with steps to reproduce" })
        assert.deepStrictEqual(tags((yield* night).report.outcomes), { "bd-1": "Dispatched" })
      })
    )
  )

  it.effect("counts no failure of a provider, of the runner or of the tracker against a bug", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        settings: { limits: { maxAttempts: 1 }, providers: [{ name: "opencode" }] },
        runner: {
          faults: [
            FakeRunner.on("start")
              .fails(new RunnerFailed({ operation: "start", provider: opencode, detail: "down", blame: "provider" }))
              .times(1),
            FakeRunner.on("start")
              .fails(new RunnerFailed({ operation: "start", provider: opencode, detail: "odd", blame: "runner" }))
              .from(2)
              .times(1)
          ]
        }
      },
      Effect.gen(function* () {
        const outcomes: Array<string | undefined> = []
        for (const n of [1, 2, 3]) {
          const run = RunId.make(`20261122T03000${n}Z-00000${n}`)
          outcomes.push(tags((yield* nightlyRun({ ...options, run })).outcomes)["bd-1"])
        }
        assert.deepStrictEqual(outcomes, ["Failed provider_unavailable", "Failed runner_error", "Dispatched"])
      })
    )
  )

  it.effect("settling twice changes nothing", () =>
    inWorld(
      {
        beads: { issues: [held] },
        journal: { attempts: [left("acknowledged")] },
        runner: { jobs: [job({ phase: "failed" })] }
      },
      Effect.gen(function* () {
        yield* settling
        const first = yield* now
        yield* settling
        assert.deepStrictEqual(yield* now, first)
      })
    )
  )
})

// A decoder that drifted from the encoder would only show after a crash.
it("an attempt survives its own encoding", () => {
  const attempt = left("acknowledged", {
    workspace: Workspace.make({ path: "/x", reused: false, base: "a".repeat(40) })
  })
  const text = Schema.encodeSync(Schema.parseJson(Attempt))(attempt)
  assert.deepStrictEqual(Schema.decodeSync(Schema.parseJson(Attempt))(text), attempt)
})
