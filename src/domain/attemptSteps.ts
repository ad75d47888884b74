import { Either, Schema, Struct } from "effect"
import { Ack } from "./Ack.ts"
import { Ending, endingOf, Review, type Attempt, type Intent } from "./Attempt.ts"
import type { Moment } from "./BootClock.ts"
import { ProcessIdentity } from "./ProcessIdentity.ts"
import { PromptFile } from "./PromptFile.ts"
import { ProviderName } from "./Provider.ts"
import { PushedWork } from "./PushedWork.ts"
import { Workspace } from "./Workspace.ts"

const EndingStep = Schema.TaggedStruct("Ending", Ending.fields)
const SettledStep = Schema.TaggedStruct("Settled", { ...Ending.fields, review: Schema.optional(Review) })

/**
 * What has happened to an attempt, or will happen next.
 *
 * @example
 * (step: AttemptStep) => (step._tag === "Acknowledged" ? step.ack.provider : undefined)
 */
export const AttemptStep = Schema.Union(
  Schema.TaggedStruct("Claimed", {}),
  Schema.TaggedStruct("WorkspaceMade", { workspace: Workspace }),
  Schema.TaggedStruct("Prompted", { prompt: PromptFile }),
  Schema.TaggedStruct("Starting", { provider: ProviderName, previousRun: Schema.optional(Schema.String) }),
  Schema.TaggedStruct("Launching", { starter: ProcessIdentity }),
  Schema.TaggedStruct("Acknowledged", { ack: Ack }),
  Schema.TaggedStruct("Verifying", { found: Ending }),
  Schema.TaggedStruct("PassedCheck", { found: Ending, path: Schema.String }),
  Schema.TaggedStruct("Checking", { checker: ProcessIdentity }),
  EndingStep,
  SettledStep,
  /** The only one after `SettledStep`: the claim is released before anything is pushed. */
  Schema.TaggedStruct("PushTried", { pushed: PushedWork })
)
export type AttemptStep = typeof AttemptStep.Type

/**
 * A step as the journal keeps it. The first is the attempt's intent; a claim that is held still opens it again.
 *
 * @example
 * (steps: ReadonlyArray<RecordedStep>) => steps.some(({ _tag }) => _tag === "Reopened")
 */
export const RecordedStep = Schema.Union(
  AttemptStep,
  Schema.TaggedStruct("Intended", {}),
  Schema.TaggedStruct("Reopened", {})
)
export type RecordedStep = typeof RecordedStep.Type

/**
 * An attempt that is about to begin.
 *
 * @example
 * begun(intent, { at: now, boot: undefined }).phase // "intended"
 */
export const begun = (intent: Intent, now: Moment): Attempt => ({
  ...intent,
  phase: "intended",
  createdAt: now.at,
  createdBoot: now.boot,
  ...updated(now)
})

const updated = ({ at, boot }: Moment): Pick<Attempt, "updatedAt" | "updatedBoot"> => ({
  updatedAt: at,
  updatedBoot: boot
})

type Advanced = Either.Either<Attempt, string>

/** An attempt ends once: after `Ending`, only `Settled` with the same `end` may follow. */
const ended = (attempt: Attempt, step: typeof EndingStep.Type | typeof SettledStep.Type, now: Moment): Advanced => {
  const { _tag, ...ending } = step
  const before = endingOf(attempt)
  if (attempt.phase === "settled" || (before !== undefined && _tag === "Ending")) return misplaced(attempt, step)
  if (before !== undefined && before.end !== step.end) {
    return Either.left(`the attempt has already ended as ${before.end}, so it cannot end as ${step.end}`)
  }
  const kept = attempt.phase === "verifying" ? Struct.omit(attempt, "checker", "found", "launches", "onBase") : attempt
  return Either.right({ ...kept, ...ending, phase: _tag === "Ending" ? "ending" : "settled", ...updated(now) })
}

const misplaced = ({ phase }: Attempt, { _tag }: AttemptStep): Advanced => Either.left(`${_tag} cannot follow ${phase}`)

/**
 * The attempt after this step; left: why it cannot take the step.
 *
 * @example
 * advanced(attempt, { _tag: "Claimed" }, { at: now, boot: undefined })
 */
export const advanced = (attempt: Attempt, step: AttemptStep, now: Moment): Advanced => {
  switch (step._tag) {
    case "Claimed":
      if (attempt.phase !== "intended") break
      return Either.right({ ...attempt, phase: "claimed", ...updated(now) })
    case "WorkspaceMade":
      if (attempt.phase !== "claimed") break
      return Either.right({ ...attempt, phase: "workspace", workspace: step.workspace, ...updated(now) })
    case "Prompted":
      if (attempt.phase !== "workspace") break
      return Either.right({ ...attempt, phase: "prompt", prompt: step.prompt, ...updated(now) })
    case "Starting": {
      if (attempt.phase !== "prompt" && attempt.phase !== "starting") break
      const { provider, previousRun } = step
      // The process of an earlier start is not this start's.
      const kept = attempt.phase === "starting" ? Struct.omit(attempt, "starter") : attempt
      return Either.right({ ...kept, phase: "starting", provider, previousRun, ...updated(now) })
    }
    case "Launching":
      if (attempt.phase !== "starting") break
      return Either.right({ ...attempt, starter: step.starter, ...updated(now) })
    case "Acknowledged":
      if (endingOf(attempt) !== undefined || attempt.phase === "verifying") break
      return Either.right({ ...attempt, phase: "acknowledged", ack: step.ack, ...updated(now) })
    case "Verifying":
      if (endingOf(attempt) !== undefined || attempt.phase === "verifying") break
      return Either.right({ ...attempt, phase: "verifying", found: step.found, launches: 0, ...updated(now) })
    case "PassedCheck": {
      if (attempt.phase !== "verifying" || attempt.onBase !== undefined) break
      const { found, path } = step
      // The process of the check that passed is not that of the check on the base.
      return Either.right({ ...Struct.omit(attempt, "checker"), found, onBase: { path }, launches: 0, ...updated(now) })
    }
    case "Checking":
      if (attempt.phase !== "verifying") break
      return Either.right({ ...attempt, launches: attempt.launches + 1, checker: step.checker, ...updated(now) })
    case "Ending":
    case "Settled":
      return ended(attempt, step, now)
    case "PushTried":
      if (attempt.phase !== "settled") break
      // Its time stays that of its end.
      return Either.right({ ...attempt, pushed: step.pushed })
  }
  return misplaced(attempt, step)
}

/**
 * Reopens a settled attempt whose claim is still held, because the tracker applied the claim late, and clears the old
 * result. Left: why it cannot be reopened.
 *
 * @example
 * reopened(attempt, { at: now, boot: undefined })
 */
export const reopened = (attempt: Attempt, now: Moment): Advanced => {
  if (attempt.phase !== "settled")
    return Either.left(`only a settled attempt can be reopened, not one in ${attempt.phase}`)
  const { ack, ...others } = attempt
  const kept = Struct.omit(
    others,
    "blame",
    "cleared",
    "code",
    "commits",
    "detail",
    "durationMs",
    "end",
    "freeAt",
    "needs",
    "pushed",
    "rejected",
    "result",
    "review",
    "usage",
    "verified"
  )
  return Either.right(
    ack === undefined
      ? { ...kept, phase: "intended", ...updated(now) }
      : { ...kept, phase: "acknowledged", ack, ...updated(now) }
  )
}
