import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, type Layer, type Scope } from "effect"
import { JournalFailed, type RunnerFailed } from "../../src/domain/Failure.ts"
import type { ProcessIdentity } from "../../src/domain/ProcessIdentity.ts"
import { Verifier, type Check, type CheckRequest } from "../../src/runner/Verifier.ts"
import { beadsId, eventually, newAttempt } from "./support.ts"

/** `passes`, `fails` (exit code 3, after it printed `LAST_LINE`): ends by itself or at `finish`. `hangs`: runs until it is stopped. */
export type CheckKind = "passes" | "fails" | "hangs"

export const LAST_LINE = "1 of 9 tests failed"

/** A verifier without checks, and ways to look at its processes without it. */
export interface VerifierWorld {
  readonly layer: Layer.Layer<Verifier>
  /** What a check of this kind is started with, for a bug of its own. */
  readonly request: (kind: CheckKind) => Pick<CheckRequest, "beads" | "command" | "worktree">
  /** A second worktree, as that of the base. */
  readonly other: string
  /** Ends a check of `passes` or `fails`. Absent: it ends by itself. */
  readonly finish?: Effect.Effect<void>
  /** How many of its commands run. Absent: they are no processes. */
  readonly running?: Effect.Effect<number>
  /** Ends all processes of the check with SIGKILL, or forgets how it ended. */
  readonly crash: Effect.Effect<void>
}

/** What every layer of `Verifier` must do. */
export const verifierContract = (name: string, makeWorld: Effect.Effect<VerifierWorld, never, Scope.Scope>): void => {
  const check = <A, E>(
    what: string,
    body: (verifier: Verifier["Type"], world: VerifierWorld) => Effect.Effect<A, E, Scope.Scope>
  ): void =>
    it.scopedLive(what, () =>
      Effect.flatMap(makeWorld, (world) =>
        Effect.flatMap(Verifier, (verifier) => body(verifier, world)).pipe(Effect.provide(world.layer))
      )
    )

  /** A started check: its state, and what it was started with. */
  const begin = Effect.fnUntraced(function* (verifier: Verifier["Type"], world: VerifierWorld, kind: CheckKind) {
    const launched: Array<ProcessIdentity> = []
    const onLaunch = (checker: ProcessIdentity) => Effect.sync(() => void launched.push(checker))
    const request: CheckRequest = { ...world.request(kind), attempt: newAttempt(), repo: "app", onLaunch }
    yield* verifier.start(request)
    const { attempt, beads, worktree } = request
    const trace = { attempt, worktree, starter: launched[0] }
    return { request, trace, launched, state: verifier.check(beads, trace) }
  })
  const ended = (state: Effect.Effect<Check, RunnerFailed>, world: VerifierWorld) =>
    Effect.zipRight(
      world.finish ?? Effect.void,
      eventually(state, ({ phase }) => phase !== "running")
    )

  describe(`${name} keeps the verifier's contract`, () => {
    check("a check that passes runs, and then has ended with exit code 0", (verifier, world) =>
      Effect.gen(function* () {
        const { launched, state } = yield* begin(verifier, world, "passes")
        assert.lengthOf(launched, 1)
        assert.deepInclude(yield* ended(state, world), { phase: "ended", exitCode: 0 })
      })
    )

    check("a check that fails has its exit code and its last lines", (verifier, world) =>
      Effect.gen(function* () {
        const { request, state, trace } = yield* begin(verifier, world, "fails")
        assert.deepStrictEqual(yield* ended(state, world), { phase: "ended", exitCode: 3, lines: [LAST_LINE] })
        assert.isEmpty(yield* verifier.endLeftovers(request.beads, trace))
      })
    )

    check("a second start of a running check starts nothing", (verifier, world) =>
      Effect.gen(function* () {
        const { launched, request, state, trace } = yield* begin(verifier, world, "hangs")
        yield* verifier.start(request)
        assert.lengthOf(launched, 1)
        assert.strictEqual((yield* state).phase, "running")
        assert.isTrue(yield* verifier.stop(request.beads, trace))
      })
    )

    check("a stop ends it with all its processes, and its state says so", (verifier, world) =>
      Effect.gen(function* () {
        const { request, state, trace } = yield* begin(verifier, world, "hangs")
        assert.isTrue(yield* verifier.stop(request.beads, trace))
        assert.strictEqual((yield* state).phase, "stopped")
        assert.strictEqual(yield* world.running ?? Effect.succeed(0), 0)
        assert.isTrue(yield* verifier.stop(request.beads, trace), "a second stop changes nothing")
      })
    )

    check("a check that crashed is gone, and can be started again", (verifier, world) =>
      Effect.gen(function* () {
        const { launched, request, state } = yield* begin(verifier, world, "hangs")
        yield* world.crash
        assert.strictEqual((yield* eventually(state, ({ phase }) => phase !== "running")).phase, "gone")
        yield* verifier.start(request)
        assert.lengthOf(launched, 2)
        const trace = { attempt: request.attempt, worktree: request.worktree, starter: launched[1] }
        assert.strictEqual((yield* verifier.check(request.beads, trace)).phase, "running")
        assert.isTrue(yield* verifier.stop(request.beads, trace))
      })
    )

    check("a check that the journal could not note never runs", (verifier, world) =>
      Effect.gen(function* () {
        const request = { ...world.request("hangs"), attempt: newAttempt(), repo: "app" }
        const error = new JournalFailed({ file: "j", reason: "unusable", detail: "full" })
        const started = yield* Effect.either(verifier.start({ ...request, onLaunch: () => Effect.fail(error) }))
        assert.deepStrictEqual(Either.getLeft(started)._tag, "Some")
        assert.strictEqual(yield* world.running ?? Effect.succeed(0), 0)
        const { attempt, beads, worktree } = request
        assert.strictEqual((yield* verifier.check(beads, { attempt, worktree })).phase, "gone")
      })
    )

    check("a check of another attempt is not this one's", (verifier, world) =>
      Effect.gen(function* () {
        const { request, state } = yield* begin(verifier, world, "passes")
        yield* ended(state, world)
        const other = { attempt: newAttempt(), worktree: request.worktree }
        assert.strictEqual((yield* verifier.check(request.beads, other)).phase, "gone")
        assert.strictEqual((yield* verifier.check(beadsId("bd-none"), other)).phase, "gone")
      })
    )

    check("an attempt's check in one worktree is not its check in another", (verifier, world) =>
      Effect.gen(function* () {
        const { launched, request, state, trace } = yield* begin(verifier, world, "passes")
        yield* ended(state, world)
        yield* verifier.endLeftovers(request.beads, trace)
        const { command } = world.request("hangs")
        const other = { attempt: request.attempt, worktree: world.other }
        assert.strictEqual((yield* verifier.check(request.beads, other)).phase, "gone", "not begun")
        yield* verifier.start({ ...request, command, worktree: world.other })
        assert.lengthOf(launched, 2)
        const otherTrace = { ...other, starter: launched[1] }
        assert.strictEqual((yield* verifier.check(request.beads, otherTrace)).phase, "running")
        assert.isTrue(yield* verifier.stop(request.beads, otherTrace))
        assert.strictEqual((yield* verifier.check(request.beads, otherTrace)).phase, "stopped")
      })
    )

    check("the log of an ended check is old at its time, and can be removed", (verifier, world) =>
      Effect.gen(function* () {
        const { request, state } = yield* begin(verifier, world, "passes")
        assert.isEmpty(yield* verifier.oldLogs(1000))
        yield* ended(state, world)
        const [log] = yield* verifier.oldLogs(Number.MAX_SAFE_INTEGER)
        assert.strictEqual(log?.beads, request.beads)
        if (log !== undefined) yield* verifier.removeLog(log)
        assert.isEmpty(yield* verifier.oldLogs(Number.MAX_SAFE_INTEGER))
      })
    )
  })
}
