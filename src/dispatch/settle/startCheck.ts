import { Duration, Effect, Either } from "effect"
import { updatedOf, workspaceOf, type Attempt, type Ending, type Verifying } from "../../domain/Attempt.ts"
import { ageOf, moment } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { Verifier } from "../../runner/Verifier.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { commandInWords, unknownOnBase, unverified } from "./checkVerdict.ts"
import { jobCertainlyOver } from "../../domain/longestTimes.ts"
import { finished, stillOpen, type Claims, type Settlement, type SettleServices } from "./settlement.ts"

type Step = Effect.fn.Return<Settlement, JournalFailed, SettleServices>

/** Removes the worktree of the base. If that fails, the bug's next attempt removes it: the attempt ends all the same. */
const dropBase = ({ beads, repository }: Attempt) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    yield* workspaces.dropBase(beads, repository)
  }).pipe(
    Effect.catchAll(({ advice }) =>
      Effect.logWarning(`${beads}: the worktree of the base stays, and the bug's next attempt removes it: ${advice}`)
    )
  )

/** Finishes the attempt after its last check. A check on the base has a worktree of its own, which goes first. */
export const concluded = Effect.fn("check.concluded")(function* (
  attempt: Verifying,
  ending: Ending,
  claims: Claims
): Step {
  if (attempt.onBase !== undefined) yield* dropBase(attempt)
  return yield* finished(attempt, ending, claims)
})

/** The check on the base could not be started. The attempt ends, unless a process is on record that may have become the check. */
const notStartedOnBase = Effect.fn("check.notStartedOnBase")(function* (
  attempt: Verifying,
  why: string,
  claims: Claims
): Step {
  const journal = yield* Journal
  const now = yield* journal.find(attempt.actor)
  if (now?.phase === "verifying" && now.launches > 0) return stillOpen(now, `its check on the base ${why}`)
  return yield* concluded(attempt, unknownOnBase(attempt.found, `it ${why}`), claims)
})

/** The check could not be started. Its attempt stays open, unless that is the settings' fault, or goes on for too long. */
const notStarted = Effect.fn("check.notStarted")(function* (
  attempt: Verifying,
  error: { readonly message: string; readonly blame: NonNullable<Ending["blame"]> },
  claims: Claims
): Step {
  const why = `could not be started: ${error.message}`
  if (attempt.onBase !== undefined) return yield* notStartedOnBase(attempt, why, claims)
  const settings = yield* CurrentSettings
  const age = ageOf(updatedOf(attempt), yield* moment)
  const isOver = Math.abs(age) > Duration.toMillis(jobCertainlyOver(settings))
  if (error.blame !== "config" && !isOver) return stillOpen(attempt, `its check cannot be started: ${error.message}`)
  const blame = error.blame === "config" ? "config" : "host"
  return yield* finished(attempt, unverified(attempt.found, blame, why), claims)
})

/** Starts the check of the attempt's work, or that on the base, and does not wait for it. */
export const startCheck = Effect.fn("check.start")(function* (attempt: Verifying, claims: Claims): Step {
  const [journal, verifier, settings] = yield* Effect.all([Journal, Verifier, CurrentSettings])
  const { actor, beads, found, onBase, repository } = attempt
  const { command } = settings.verify
  const worktree = onBase?.path ?? workspaceOf(attempt)?.path
  if (command === undefined || worktree === undefined) return yield* concluded(attempt, found, claims)
  const words = commandInWords(settings.verify)
  yield* Effect.logInfo(
    onBase === undefined
      ? `${beads}: its job ended well and left work, which ${words} checks now`
      : `${beads}: our check of its work passed; now ${words} runs on the base, to tell whether it failed before`
  )
  const onLaunch = Effect.fnUntraced(function* (checker: Verifying["checker"] & {}) {
    yield* journal.advance(actor, { _tag: "Checking", checker })
  })
  const started = yield* Effect.either(
    verifier.start({ beads, attempt: actor, repo: repository.name, worktree, command, onLaunch })
  )
  if (Either.isRight(started)) return { _tag: "Running", attempt: (yield* journal.find(actor)) ?? attempt }
  return started.left._tag === "JournalFailed" ? yield* started.left : yield* notStarted(attempt, started.left, claims)
})

/**
 * Starts the command on the base, in a separate worktree, after it passed in the attempt's worktree. The result changes only the
 * detail: the attempt ends as `passed`.
 */
export const startOnBase = Effect.fn("check.startOnBase")(function* (
  attempt: Verifying,
  passed: Ending,
  claims: Claims
): Step {
  const [journal, workspaces] = yield* Effect.all([Journal, Workspaces])
  const { actor, beads, repository } = attempt
  const workspace = workspaceOf(attempt)
  if (workspace === undefined) return yield* finished(attempt, passed, claims)
  const base = yield* Effect.either(workspaces.acquireBase(beads, repository, workspace))
  if (Either.isLeft(base)) {
    yield* dropBase(attempt)
    const why = `no worktree could be made: ${base.left.advice}`
    return yield* finished(attempt, unknownOnBase(passed, why), claims)
  }
  const next = yield* journal.advance(actor, { _tag: "PassedCheck", found: passed, path: base.right.path })
  return next.phase === "verifying"
    ? yield* startCheck(next, claims)
    : stillOpen(next, "its check on the base was not begun")
})
