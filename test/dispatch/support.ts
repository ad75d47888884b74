import { Array as Arr, Effect, Layer, Logger, Schema } from "effect"
import * as dispatchIssue from "../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { LogEvent } from "../../src/domain/eventLine.ts"
import { AckTimedOut, RunnerFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { RunId } from "../../src/domain/Ids.ts"
import type { Outcome } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { CurrentSettings, Settings } from "../../src/domain/Settings.ts"
import {
  CallLog,
  FakeBeads,
  FakeExistingWork,
  FakeJournal,
  FakeOutbox,
  FakePrompts,
  FakeRunner,
  FakeVerifier,
  FakeWorkspaces
} from "../../src/testing/index.ts"

export { assertNothingLeft } from "./nothingLeft.ts"

/** The settings of a run, and what each fake starts with. */
export interface World {
  readonly settings?: Record<string, unknown>
  readonly beads?: FakeBeads.FakeBeadsScript
  readonly runner?: FakeRunner.FakeRunnerScript
  readonly prompts?: FakePrompts.FakePromptsScript
  readonly journal?: FakeJournal.FakeJournalScript
  readonly verifier?: FakeVerifier.FakeVerifierScript
  readonly workspaces?: FakeWorkspaces.FakeWorkspacesScript
  readonly work?: FakeExistingWork.FakeExistingWorkScript
}

export const opencode = ProviderName.make("opencode")
export const oneBug: World = { beads: { issues: [{ id: "bd-1" }] } }
export const threeBugs: World = {
  beads: {
    issues: [
      { id: "bd-1", title: "a" },
      { id: "bd-2", title: "b" },
      { id: "bd-3", title: "c" }
    ]
  }
}

export const trackerDown = new TrackerFailed({
  operation: "show",
  reason: "refused",
  detail: "database is locked",
  blame: "tracker"
})
export const ackTimedOut = (job: AckTimedOut["job"]) => new AckTimedOut({ provider: opencode, waitedMs: 90_000, job })
export const startFails = (blame: RunnerFailed["blame"], detail: string) =>
  new RunnerFailed({ operation: "start", provider: opencode, detail, blame })

export const RUN = RunId.make("20261122T030000Z-4f2a91")
export const options = { run: RUN, host: "vm-1", repository: { name: "app", path: "/src/app" } }

export const settings = (changes: Record<string, unknown> = {}): Settings =>
  Schema.decodeUnknownSync(Settings, { onExcessProperty: "error" })(changes)

/** The real dispatcher on fakes of everything else. */
export const fakes = (world: World) =>
  dispatchIssue.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        FakeBeads.layer(world.beads),
        FakeRunner.layer(world.runner),
        FakePrompts.layer(world.prompts),
        FakeVerifier.layer(world.verifier),
        FakeWorkspaces.layer(world.workspaces),
        FakeExistingWork.layer(world.work),
        FakeJournal.layer(world.journal),
        FakeOutbox.layer(),
        Layer.succeed(CurrentSettings, settings(world.settings))
      )
    ),
    Layer.provideMerge(CallLog.layer)
  )

export const inWorld = <A, E, R>(world: World, effect: Effect.Effect<A, E, R>) => Effect.provide(effect, fakes(world))

/** Collects the log lines of an effect, each event as the line that monitoring reads. */
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

/** One run: its report, its log, and the outcome of each bug. */
export const runOnce = Effect.gen(function* () {
  const { result, lines } = yield* withLog(nightlyRun(options))
  return { report: result, lines, outcome: (id: string) => result.outcomes.find(({ beads }) => beads === id) }
})

const inWords = (outcome: Outcome): string => {
  if (outcome._tag === "Skipped") return `Skipped ${outcome.reason}`
  return outcome._tag === "Failed" ? `Failed ${outcome.code}` : outcome._tag
}

/** The outcome of each bug in words: `{ "bd-1": "Skipped limit" }`. */
export const outcomesByBug = (outcomes: ReadonlyArray<Outcome>): Record<string, string> =>
  Object.fromEntries(outcomes.map((outcome) => [outcome.beads, inWords(outcome)]))
