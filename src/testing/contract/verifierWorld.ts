import { Effect, type Layer } from "effect"
import type { RunnerFailed } from "../../domain/Failure.ts"
import type { ProcessIdentity } from "../../domain/ProcessIdentity.ts"
import type { Check as CheckState, CheckRequest, Verifier } from "../../runner/Verifier.ts"
import type { Check } from "./suite.ts"
import { eventually, newAttempt } from "./support.ts"

/** `passes`, `fails` (exit code 3, after it printed `LAST_LINE`): ends by itself or at `finish`. `hangs`: runs until it is stopped. */
export type CheckKind = "passes" | "fails" | "hangs"

/** What a check of kind `fails` prints last. */
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

export type VerifierCheck = Check<readonly [verifier: Verifier["Type"], world: VerifierWorld]>

/** A started check: its state, and what it was started with. */
export const begin = Effect.fnUntraced(function* (verifier: Verifier["Type"], world: VerifierWorld, kind: CheckKind) {
  const launched: Array<ProcessIdentity> = []
  const onLaunch = (checker: ProcessIdentity) => Effect.sync(() => void launched.push(checker))
  const request: CheckRequest = { ...world.request(kind), attempt: newAttempt(), repo: "app", onLaunch }
  yield* verifier.start(request)
  const { attempt, beads, worktree } = request
  const trace = { attempt, worktree, starter: launched[0] }
  return { request, trace, launched, state: verifier.check(beads, trace) }
})
export const ended = (state: Effect.Effect<CheckState, RunnerFailed>, world: VerifierWorld) =>
  Effect.zipRight(
    world.finish ?? Effect.void,
    eventually(state, ({ phase }) => phase !== "running")
  )
