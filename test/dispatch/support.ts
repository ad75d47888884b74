import { assert } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Logger, Schema } from "effect"
import * as dispatchIssue from "../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { ACTOR_PREFIX } from "../../src/domain/Actor.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { LogEvent } from "../../src/domain/Event.ts"
import { isLive } from "../../src/domain/Job.ts"
import type { Outcome } from "../../src/domain/Outcome.ts"
import { CurrentSettings, Settings } from "../../src/domain/Settings.ts"
import {
  CallLog,
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces,
  FakeWorkspacesState
} from "../../src/testing/index.ts"

export interface World {
  readonly settings?: Record<string, unknown>
  readonly beads?: FakeBeads.FakeBeadsScript
  readonly runner?: FakeRunner.FakeRunnerScript
  readonly prompts?: FakePrompts.FakePromptsScript
  readonly journal?: FakeJournal.FakeJournalScript
  readonly workspaces?: FakeWorkspaces.FakeWorkspacesScript
}

export const RUN = RunId.make("20261122T030000Z-4f2a91")
export const options = { run: RUN, host: "vm-1", repository: { name: "app", path: "/src/app" } }

export const settings = (changes: Record<string, unknown> = {}): Settings =>
  Schema.decodeUnknownSync(Settings, { onExcessProperty: "error" })(changes)

/** The fakes and the real dispatcher over them. */
export const fakes = (world: World) =>
  dispatchIssue.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        FakeBeads.layer(world.beads),
        FakeRunner.layer(world.runner),
        FakePrompts.layer(world.prompts),
        FakeWorkspaces.layer(world.workspaces),
        FakeJournal.layer(world.journal),
        Layer.succeed(CurrentSettings, settings(world.settings))
      )
    ),
    Layer.provideMerge(CallLog.layer)
  )

/** Runs an effect with its log lines collected, events as monitoring sees them. */
export const withLog = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      for (const part of Arr.ensure(message))
        lines.push(part instanceof LogEvent ? part.toString() : `${logLevel.label} ${String(part)}`)
    })
    const result = yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger))
    return { result, lines }
  })

/** One run over these fakes; the report, the log, and the states for a look afterwards. */
export const night = Effect.gen(function* () {
  const { result, lines } = yield* withLog(nightlyRun(options))
  return { report: result, lines, outcome: (id: string) => result.outcomes.find((one) => one.beads === id) }
})

/** `design.md` §9 in a world at rest: no claim, prompt or worktree without a living job or somebody else's name on it. */
export const nothingLeft = Effect.gen(function* () {
  const [beads, runner, prompts, workspaces] = yield* Effect.all([
    FakeBeadsState,
    FakeRunnerState,
    FakePromptsState,
    FakeWorkspacesState
  ])
  const live = (yield* runner.jobs).filter(isLive).map((job) => String(job.beads))
  const ours = (yield* beads.issues).filter((issue) => issue.assignee?.startsWith(ACTOR_PREFIX) === true)
  assert.deepStrictEqual(
    ours.filter((issue) => !live.includes(issue.id)).map((issue) => issue.id),
    [],
    "claims without a job"
  )
  assert.deepStrictEqual(
    (yield* prompts.files).filter(({ file }) => !live.includes(file.beads)).map(({ file }) => file.path),
    [],
    "prompt files without a job"
  )
  const open = (yield* (yield* FakeJournalState).attempts).filter(({ phase }) => phase !== "settled")
  assert.deepStrictEqual(
    open.filter(({ beads }) => !live.includes(beads)).map(({ beads, phase }) => `${beads} ${phase}`),
    [],
    "attempts that nobody has ended"
  )
  const claimed = new Set(ours.map((issue) => String(issue.id)))
  assert.deepStrictEqual(
    live.filter((id) => !claimed.has(id)),
    [],
    "jobs without a claim"
  )
  const standing = (yield* workspaces.workspaces).filter(
    ({ path, work }) => !work && !live.some((id) => path.includes(id))
  )
  assert.deepStrictEqual(standing, [], "worktrees without a job or work")
})

export const tags = (outcomes: ReadonlyArray<Outcome>): Record<string, string> =>
  Object.fromEntries(
    outcomes.map((one) => [
      one.beads,
      one._tag === "Skipped" ? `Skipped ${one.reason}` : one._tag === "Failed" ? `Failed ${one.code}` : one._tag
    ])
  )
