import { Context, Effect, Fiber, Layer, TestClock, type Duration } from "effect"
import { RunPlace } from "../domain/RunPlace.ts"
import { CallLog } from "./CallLog.ts"
import * as FakeBeads from "./FakeBeads.ts"
import * as FakeExistingWork from "./FakeExistingWork.ts"
import type { FakeIssue } from "./fakeIssues.ts"
import type { FakeProviders } from "./fakeJobs.ts"
import * as FakeJournal from "./FakeJournal.ts"
import * as FakeOutbox from "./FakeOutbox.ts"
import * as FakePrompts from "./FakePrompts.ts"
import * as FakeRunner from "./FakeRunner.ts"
import * as FakeVerifier from "./FakeVerifier.ts"
import * as FakeWorkspaces from "./FakeWorkspaces.ts"

/** The faults of each fake. */
export interface WorldFaults {
  readonly beads?: FakeBeads.FakeBeadsScript["faults"]
  readonly runner?: FakeRunner.FakeRunnerScript["faults"]
  readonly prompts?: FakePrompts.FakePromptsScript["faults"]
  readonly workspaces?: FakeWorkspaces.FakeWorkspacesScript["faults"]
  readonly verifier?: FakeVerifier.FakeVerifierScript["faults"]
  readonly journal?: FakeJournal.FakeJournalScript["faults"]
}

/** What a world holds at its beginning. */
export interface WorldScript {
  readonly bugs?: ReadonlyArray<FakeIssue>
  /** By name. A provider without an entry works. */
  readonly providers?: FakeProviders
  readonly faults?: WorldFaults
}

const statesOf = Effect.all({
  beads: FakeBeads.FakeBeadsState,
  runner: FakeRunner.FakeRunnerState,
  prompts: FakePrompts.FakePromptsState,
  workspaces: FakeWorkspaces.FakeWorkspacesState,
  verifier: FakeVerifier.FakeVerifierState,
  journal: FakeJournal.FakeJournalState,
  log: CallLog
})

/**
 * The states of all fakes of `world` under one name.
 *
 * @example
 * const { beads, runner } = yield* World
 * yield* runner.finish("bd-1")
 */
export class World extends Context.Tag("nightly-dispatch/testing/World")<
  World,
  Effect.Effect.Success<typeof statesOf>
>() {}

/** Where the runs of a world take place, if they are not told. */
const PLACE = { host: "vm-1", repository: { name: "app", path: "/fake/home/app" } } as const

/** Absent where the script says nothing of it. */
const faulty = <F>(faults: F | undefined): { readonly faults?: F } => (faults === undefined ? {} : { faults })

const fakesOf = ({ bugs = [], faults = {}, providers = {} }: WorldScript) =>
  Layer.mergeAll(
    FakeBeads.layer({ issues: bugs, ...faulty(faults.beads) }),
    FakeRunner.layer({ providers, ...faulty(faults.runner) }),
    FakePrompts.layer(faulty(faults.prompts)),
    FakeWorkspaces.layer(faulty(faults.workspaces)),
    FakeVerifier.layer(faulty(faults.verifier)),
    FakeJournal.layer(faulty(faults.journal)),
    FakeExistingWork.layer(),
    FakeOutbox.layer()
  ).pipe(Layer.provideMerge(CallLog.layer))

/**
 * A fake of every service that a run uses, in one layer. With `DispatchIssue.layer` on it, `nightlyRun()` and `settleNow()` run
 * without options: each with a new id, on one host, in one repository.
 *
 * @example
 * const night = DispatchIssue.layer.pipe(Layer.provideMerge(world({ bugs: [{ id: "bd-1" }], providers: { opencode: { broken: "no quota" } } })))
 */
export const world = (script: WorldScript = {}) =>
  Layer.effect(World, statesOf).pipe(
    Layer.merge(Layer.succeed(RunPlace, Effect.succeed(PLACE))),
    Layer.provideMerge(fakesOf(script))
  )

/**
 * Runs the effect while this much time passes on `TestClock`, and waits for its end.
 *
 * @example
 * const report = yield* during("30 minutes", nightlyRun())
 */
export const during = <A, E, R>(time: Duration.DurationInput, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.fork(effect), (fiber) => Effect.zipRight(TestClock.adjust(time), Fiber.join(fiber)))
