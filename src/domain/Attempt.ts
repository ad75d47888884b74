import { Either, Schema } from "effect"
import { Blame, DispatchFailureCode } from "./Failure.ts"
import { Actor } from "./Actor.ts"
import { BeadsId, RunId } from "./Ids.ts"
import { Ack } from "./Ack.ts"
import { PromptFile } from "./PromptFile.ts"
import { Workspace } from "./Workspace.ts"
import { ProviderName } from "./Provider.ts"

/**
 * How far an attempt got. Each phase is written before the next outside effect, so it says what may exist by now:
 * `intended` a claim, `claimed` a worktree beside it, `workspace` a prompt file, `prompt` everything but a job, `starting`
 * a job, `acknowledged` a job that runs or has ended. `ending`: how it ended is known, and what it leaves is being put
 * back. `settled` is the end: nothing of it is left to look after.
 */
export const AttemptPhase = Schema.Literal(
  "intended",
  "claimed",
  "workspace",
  "prompt",
  "starting",
  "acknowledged",
  "ending",
  "settled"
)
export type AttemptPhase = typeof AttemptPhase.Type

/**
 * How an attempt ended. `succeeded`: the job ended well and left work behind. `no_op`: it ended well and changed nothing.
 * `failed`: it was refused, never started, or ended badly. `stalled`: it hung or ran too long and was ended. `lost`: it
 * was cut short, or its job vanished, and nobody can tell what became of it.
 */
export const AttemptEnd = Schema.Literal("succeeded", "failed", "no_op", "stalled", "lost")
export type AttemptEnd = typeof AttemptEnd.Type

/** How an attempt ended, and whose fault it was. */
export const Ending = Schema.Struct({
  end: AttemptEnd,
  code: Schema.optional(DispatchFailureCode),
  /** Absent where nothing went wrong; only `issue` counts against the bug. */
  blame: Schema.optional(Blame),
  /** Its provider was on probation: the bug waits as after any failure of its own, and loses no attempt by it. */
  probe: Schema.optional(Schema.Literal(true)),
  /** In words, for the log, the tracker and the prompt of the next attempt. */
  detail: Schema.String
})
export type Ending = typeof Ending.Type

/** Where it stands that the work of a good end waits for review: in a label of the tracker, or only in the journal. */
const Review = Schema.Literal("label", "journal")

/** What is known of an attempt before it begins. */
export const Intent = Schema.Struct({
  /** Unique to this attempt, and the claim's holder. */
  actor: Actor,
  run: RunId,
  beads: BeadsId,
  /** 1 for the first try at this bug. */
  number: Schema.Int.pipe(Schema.positive()),
  /** Tells whether the bug's description is still the one that was tried: see `digest`. */
  digest: Schema.String,
  /** The repository's name and clone. */
  repository: Schema.Struct({ name: Schema.String, path: Schema.String })
})
export type Intent = typeof Intent.Type

/** One try at one bug, as far as it is known. */
export class Attempt extends Schema.Class<Attempt>("Attempt")({
  ...Intent.fields,
  phase: AttemptPhase,
  workspace: Schema.optional(Workspace),
  prompt: Schema.optional(PromptFile),
  /** The provider that was asked last. */
  provider: Schema.optional(ProviderName),
  /** The run instance the runner knew before: a job with another one is this attempt's. */
  previousRun: Schema.optional(Schema.String),
  ack: Schema.optional(Ack),
  /** As in `Ending`; absent as long as it is not known. */
  end: Schema.optional(AttemptEnd),
  code: Schema.optional(DispatchFailureCode),
  blame: Schema.optional(Blame),
  probe: Schema.optional(Schema.Literal(true)),
  detail: Schema.optional(Schema.String),
  review: Schema.optional(Review),
  /** Milliseconds since the epoch. */
  createdAt: Schema.JsonNumber,
  /** Milliseconds since the epoch of the last step. */
  updatedAt: Schema.JsonNumber
}) {}

/** What has happened to an attempt, or is about to. */
export const AttemptStep = Schema.Union(
  Schema.TaggedStruct("Claimed", {}),
  Schema.TaggedStruct("WorkspaceMade", { workspace: Workspace }),
  Schema.TaggedStruct("Prompted", { prompt: PromptFile }),
  Schema.TaggedStruct("Starting", { provider: ProviderName, previousRun: Schema.optional(Schema.String) }),
  Schema.TaggedStruct("Acknowledged", { ack: Ack }),
  Schema.TaggedStruct("Ending", Ending.fields),
  Schema.TaggedStruct("Settled", { ...Ending.fields, review: Schema.optional(Review) })
)
export type AttemptStep = typeof AttemptStep.Type

/** The phases a step may follow. A settled attempt takes no step: it has exactly one end. */
const AFTER: Readonly<Record<AttemptStep["_tag"], ReadonlyArray<AttemptPhase>>> = {
  Claimed: ["intended"],
  WorkspaceMade: ["claimed"],
  Prompted: ["workspace"],
  Starting: ["prompt", "starting"],
  Acknowledged: ["intended", "claimed", "workspace", "prompt", "starting", "acknowledged"],
  Ending: ["intended", "claimed", "workspace", "prompt", "starting", "acknowledged"],
  Settled: ["intended", "claimed", "workspace", "prompt", "starting", "acknowledged", "ending"]
}

const PHASE: Readonly<Record<AttemptStep["_tag"], AttemptPhase>> = {
  Claimed: "claimed",
  WorkspaceMade: "workspace",
  Prompted: "prompt",
  Starting: "starting",
  Acknowledged: "acknowledged",
  Ending: "ending",
  Settled: "settled"
}

/** An attempt that is about to begin. `now` is in milliseconds since the epoch. */
export const begun = (intent: Intent, now: number): Attempt =>
  new Attempt({ ...intent, phase: "intended", createdAt: now, updatedAt: now })

/** The attempt after this step; or why it cannot take it. `now` is in milliseconds since the epoch. */
export const advanced = (attempt: Attempt, step: AttemptStep, now: number): Either.Either<Attempt, string> => {
  if (!AFTER[step._tag].includes(attempt.phase)) return Either.left(`${step._tag} cannot follow ${attempt.phase}`)
  if (step._tag === "Settled" && attempt.end !== undefined && step.end !== attempt.end) {
    return Either.left(`it has ended already, and otherwise (${attempt.end}, not ${step.end})`)
  }
  const { _tag, ...told } = step
  return Either.right(new Attempt({ ...attempt, ...told, phase: PHASE[_tag], updatedAt: now }))
}

/**
 * A settled attempt that turned out to hold its claim still, because what the tracker had been asked for came late; or
 * why it is none. Nothing of its former end stays, or it would be taken for the next one's.
 */
export const reopened = (attempt: Attempt, now: number): Either.Either<Attempt, string> => {
  if (attempt.phase !== "settled") return Either.left(`it is open already (${attempt.phase})`)
  const {
    ack,
    blame: _blame,
    code: _code,
    detail: _detail,
    end: _end,
    probe: _probe,
    review: _review,
    ...kept
  } = attempt
  const phase = ack === undefined ? "intended" : "acknowledged"
  return Either.right(new Attempt({ ...kept, ack, phase, updatedAt: now }))
}

/**
 * A short stand-in for a text: equal texts have equal ones, and different texts different ones but by accident. FNV-1a of
 * 64 bits over UTF-16 code units, in hex.
 */
export const digest = (text: string): string => {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++)
    hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & ((1n << 64n) - 1n)
  return hash.toString(16).padStart(16, "0")
}
