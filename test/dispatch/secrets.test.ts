import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, TestClock } from "effect"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { PreflightFailed, RunnerFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { Ack } from "../../src/domain/Ack.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { Attempt } from "../../src/domain/Attempt.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { MalformedIssue } from "../../src/domain/Issue.ts"
import { Job } from "../../src/domain/Job.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { knowing } from "../../src/domain/Redaction.ts"
import { REDACTED } from "../../src/domain/environmentSecrets.ts"
import { Notice } from "../../src/journal/Journal.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournalState,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import { fakeAttempt } from "../../src/testing/fakeAttempts.ts"
import { fakes, options, RUN, type World } from "./support.ts"

const FROM_ENVIRONMENT = "correct-horse-battery"
// Assembled here, so that no scanner takes this file for a leak.
const KNOWN_FORM = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")
const OUTPUT = `fatal: ${FROM_ENVIRONMENT} and ${KNOWN_FORM} refused`
const LEAK = /correct-horse|abcdefghij0123456789/

const opencode = ProviderName.make("opencode")
const ccGlm = ProviderName.make("cc-glm")

const inWorld = <A, E, R>(world: World, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(effect, fakes(world).pipe(Layer.provideMerge(knowing([FROM_ENVIRONMENT]))))

let runs = 0
const nextRun = Effect.suspend(() =>
  nightlyRun({ ...options, run: RunId.make(`20261122T03000${(runs = (runs + 1) % 10)}Z-00000${runs}`) })
)

/** Everything written to the journal and every comment in the tracker, as text. */
const written = Effect.gen(function* () {
  const [beads, journal] = yield* Effect.all([FakeBeadsState, FakeJournalState])
  return [
    ...(yield* journal.attempts).map((attempt) => JSON.stringify(Schema.encodeSync(Attempt)(attempt))),
    ...(yield* journal.reports).map((report) => JSON.stringify(Schema.encodeSync(RunReport)(report))),
    ...(yield* journal.notices).map((alert) => JSON.stringify(Schema.encodeSync(Notice)(alert))),
    ...(yield* beads.comments).map(({ text }) => text)
  ]
})

describe("a secret in a tool's output", () => {
  it.effect("is in no journal row, comment or later prompt, for any end of the run", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1", title: "login", description: `the validator takes ${KNOWN_FORM}` }],
          malformed: [new MalformedIssue({ label: OUTPUT, problem: OUTPUT })],
          faults: [
            FakeBeads.on("label").fails(
              new TrackerFailed({ operation: "label", reason: "refused", detail: OUTPUT, blame: "tracker" })
            )
          ]
        },
        runner: {
          faults: [
            FakeRunner.on("preflight", "opencode")
              .fails(
                new PreflightFailed({ provider: opencode, detail: OUTPUT, lines: ["OK", OUTPUT], blame: "provider" })
              )
              .times(1),
            FakeRunner.on("start")
              .fails(new RunnerFailed({ operation: "start", provider: ccGlm, detail: OUTPUT, blame: "issue" }))
              .times(1),
            FakeRunner.on("start", "bd-1").dies(new Error(OUTPUT)).from(2).times(1)
          ]
        }
      },
      Effect.gen(function* () {
        const ends: Array<string | undefined> = []
        for (let run = 0; run < 3; run++) {
          ends.push((yield* nextRun).outcomes.find(({ beads }) => beads === "bd-1")?._tag)
          yield* TestClock.adjust("30 hours")
        }
        assert.deepStrictEqual(ends, ["Failed", "Failed", "Dispatched"])
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.notInclude(prompt?.text, FROM_ENVIRONMENT)
        assert.include(prompt?.text, `the validator takes ${KNOWN_FORM}`, "the bug's own text stays as it is")
        const [workspaces, runner] = yield* Effect.all([FakeWorkspacesState, FakeRunnerState])
        for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 1)
        yield* runner.finish("bd-1", 0)
        yield* nextRun
        const all = yield* written
        assert.isTrue(all.some((text) => text.startsWith("nightly-dispatch: the job ended well")))
        assert.isAbove(all.filter((text) => text.includes(REDACTED)).length, 4)
        for (const text of all) assert.notMatch(text, LEAK)
      })
    )
  )

  it.effect("that a job's result contains is not in the comment that asks for a review", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] } },
      Effect.gen(function* () {
        yield* nextRun
        const [beads, runner, workspaces] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakeWorkspacesState])
        for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 1)
        const [job] = yield* runner.jobs
        yield* runner.inject(
          FakeRunner.on("job").answers(() => new Job({ ...job!, phase: "succeeded", exitCode: 0, reason: OUTPUT }))
        )
        yield* nextRun
        const comments = yield* beads.comments
        assert.lengthOf(comments, 1)
        assert.include(comments[0]?.text, `fatal: ${REDACTED} and ${REDACTED} refused`)
        for (const text of yield* written) assert.notMatch(text, LEAK)
      })
    )
  )

  it.effect("that an older journal contains is not in the next prompt", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        journal: {
          attempts: [
            fakeAttempt("settled", {
              actor: Actor.make(`nightly-dispatch/vm-1/${RUN}/9`),
              run: RUN,
              digest: "x",
              repository: options.repository,
              end: "failed",
              blame: "runner",
              detail: OUTPUT,
              ack: Ack.make({ beads: BeadsId.make("bd-1"), provider: opencode, how: "started" })
            })
          ]
        }
      },
      Effect.gen(function* () {
        yield* nextRun
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.include(prompt?.text, `attempt 1 by opencode: failed; fatal: ${REDACTED} and ${REDACTED} refused`)
        assert.notMatch(prompt?.text ?? "", LEAK)
      })
    )
  )
})
