import { Clock, Context, Duration, Effect, Layer, Ref } from "effect"
import { BeadsId } from "../domain/Ids.ts"
import { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import { Verifier, type Check } from "../runner/Verifier.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Verifier["Type"]

/** How the checks of one bug behave. Those of a bug that the script does not name run until `finish`. */
export interface FakeCheck {
  /** Its checks end by themselves after this time on Effect's Clock. */
  readonly runs?: Duration.DurationInput
  /** Default 0. */
  readonly exitCode?: number
  /** The last lines of their output. Default: none. */
  readonly lines?: ReadonlyArray<string>
  /** They cannot be ended: `stop` answers `false`. */
  readonly unstoppable?: boolean
}

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeVerifierScript {
  /** By bug. */
  readonly checks?: Readonly<Record<string, FakeCheck>>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/** A check in the fake's memory. */
interface Stored {
  readonly attempt: string
  readonly worktree: string
  readonly startedAt: number
  readonly check: Check
}

/**
 * Controls of the fake verifier: its checks, the calls it got, and the end of its checks.
 *
 * @example
 * const state = yield* FakeVerifierState
 * yield* state.finish("bd-1", 1, ["1 test failed"])
 */
export class FakeVerifierState extends Context.Tag("nightly-dispatch/testing/FakeVerifierState")<
  FakeVerifierState,
  FakeControls<Service> & {
    /** The latest check of each bug. */
    readonly checks: Effect.Effect<ReadonlyMap<string, Check>>
    /** Ends the running check of this bug. Default for its exit code and lines: those of the script. */
    readonly finish: (id: string, exitCode?: number, lines?: ReadonlyArray<string>) => Effect.Effect<void>
    /** Puts the check of this bug into this state, such as `gone` after a crash. */
    readonly turn: (id: string, check: Check) => Effect.Effect<void>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeVerifier.on("start", "bd-1").delays("5 seconds")
 */
export const { after, on } = faultsOf<Service>()

const GONE: Check = { phase: "gone", why: "it was never started" }

/**
 * A verifier in memory: one check for each attempt, which ends by `finish` or by Effect's Clock.
 *
 * @example
 * const verifier = FakeVerifier.layer({ checks: { "bd-1": { runs: "2 minutes", exitCode: 1, lines: ["1 test failed"] } } })
 */
export const layer = (script: FakeVerifierScript = {}): Layer.Layer<Verifier | FakeVerifierState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Ref.make<ReadonlyMap<string, Stored>>(new Map())
      const { call, controls } = yield* makeControls<Service>("Verifier", script.faults)
      const scriptOf = (id: string): FakeCheck => script.checks?.[id] ?? {}

      const endedCheck = (
        id: string,
        exitCode = scriptOf(id).exitCode ?? 0,
        lines = scriptOf(id).lines ?? []
      ): Check => ({
        phase: "ended",
        exitCode,
        lines
      })
      /** The checks at this moment: those whose time is over have ended. */
      const all = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Ref.updateAndGet(
          store,
          (checks) =>
            new Map(
              [...checks].map(([id, stored]) => {
                const { runs } = scriptOf(id)
                const isOver = runs !== undefined && stored.startedAt + Duration.toMillis(runs) <= now
                return [id, stored.check.phase === "running" && isOver ? { ...stored, check: endedCheck(id) } : stored]
              })
            )
        )
      )
      const turn = (id: string, from: (check: Check) => Check) =>
        Effect.zipRight(
          all,
          Ref.update(store, (checks) => {
            const stored = checks.get(id)
            return stored === undefined ? checks : new Map(checks).set(id, { ...stored, check: from(stored.check) })
          })
        )
      const turnRunning = (id: string, to: Check) => turn(id, (check) => (check.phase === "running" ? to : check))

      const service: Service = {
        start: (request) =>
          Effect.gen(function* () {
            const { attempt, beads, onLaunch, worktree } = request
            const known = (yield* all).get(beads)
            if (known?.attempt === attempt && known.check.phase === "running") return
            const startedAt = yield* Clock.currentTimeMillis
            yield* onLaunch(ProcessIdentity.make({ pid: 9001, startedAt: `${startedAt}`, boot: "fake" }))
            yield* Ref.update(store, (checks) =>
              new Map(checks).set(beads, { attempt, worktree, startedAt, check: { phase: "running" } })
            )
          }).pipe(call("start", request.beads, [request])),
        check: (id, trace) =>
          Effect.map(all, (checks) => {
            const found = checks.get(id)
            const isOther = trace.worktree !== undefined && trace.worktree !== found?.worktree
            return found?.attempt === trace.attempt && !isOther ? found.check : GONE
          }).pipe(call("check", id, [id, trace])),
        stop: (id, trace) =>
          (scriptOf(id).unstoppable === true
            ? Effect.succeed(false)
            : Effect.as(turnRunning(id, { phase: "stopped", lines: [] }), true)
          ).pipe(call("stop", id, [id, trace])),
        endLeftovers: (id, trace) => Effect.succeed([]).pipe(call("endLeftovers", id, [id, trace])),
        abandon: (id, trace) =>
          turn(id, (check) => (check.phase === "unknown" ? { phase: "gone", why: check.why } : check)).pipe(
            call("abandon", id, [id, trace])
          ),
        oldLogs: (before) =>
          Effect.map(all, (checks) =>
            [...checks].flatMap(([id, { attempt, check, startedAt }]) =>
              check.phase === "running" || startedAt >= before
                ? []
                : [{ beads: BeadsId.make(id), runInstance: attempt, bytes: 1000 }]
            )
          ).pipe(call("oldLogs", undefined, [before])),
        removeLog: (log) =>
          Ref.update(store, (checks) => new Map([...checks].filter(([id]) => id !== log.beads))).pipe(
            call("removeLog", log.beads, [log])
          )
      }

      return Context.make(Verifier, service).pipe(
        Context.add(FakeVerifierState, {
          ...controls,
          checks: Effect.map(all, (checks) => new Map([...checks].map(([id, { check }]) => [id, check]))),
          finish: (id, exitCode, lines) => turnRunning(id, endedCheck(id, exitCode, lines)),
          turn: (id, check) => turn(id, () => check)
        })
      )
    })
  )
