import { Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { Count, Millis } from "../report/figureSchemas.ts"

/**
 * A claim of somebody, as far as the looks at the tracker show it.
 *
 * @example
 * Taking.make({ who: "alice", by: now })
 */
export const Taking = Schema.Struct({
  /** The assignee; absent if the tracker names none. */
  who: Schema.optional(Schema.String),
  /** The last look that did not show it; absent: the first look of all showed it. */
  after: Schema.optional(Millis),
  /** The first look that showed it. */
  by: Millis,
  /** The first look that did not show it any more; absent while it is held. */
  until: Schema.optional(Millis),
  /** `passed_on`: somebody else has the claim. Absent while it is held. */
  end: Schema.optional(Schema.Literal("given_back", "closed", "passed_on", "missing"))
})
export type Taking = typeof Taking.Type

/**
 * A bug that we would have taken, or that somebody took or closed.
 *
 * @example
 * ({ beads, compared }: ComparedBug) => `${beads}: ${compared}`
 */
export const ComparedBug = Schema.Struct({
  beads: BeadsId,
  title: Schema.String,
  /**
   * Who took the bug. `both`: a shadow run would have, and another actor did. `only_we`: only a shadow run would have. `only_they`:
   * only another actor did. `taken_before`: another actor had it already when the first shadow run looked. `nobody`: somebody
   * closed it, and no look found a claim.
   */
  compared: Schema.Literal("both", "only_we", "only_they", "taken_before", "nobody"),
  /** What became of it. `left_behind`: claimed for longer than `leftAfterMs`, and not closed. `held`: claimed for less. */
  cameTo: Schema.Literal("closed", "given_back", "left_behind", "held", "open", "missing"),
  /** The first shadow run that would have dispatched it, to which provider, and how many would have. */
  we: Schema.optional(Schema.Struct({ at: Millis, provider: ProviderName, runs: Count })),
  /** Of a bug that only they took: why the last shadow run before that would not have. */
  reason: Schema.optional(Schema.String),
  /** The first that began first. */
  takings: Schema.Array(Taking),
  /** The tracker's last word. */
  status: Schema.String,
  /** The look that showed it closed first. */
  closed: Schema.optional(Millis)
})
export type ComparedBug = typeof ComparedBug.Type

/**
 * How many bugs. One bug may count in several of them.
 *
 * @example
 * (figures: ShadowFigures) => figures.onlyThey // bugs that no shadow run would have taken
 */
export const ShadowFigures = Schema.Struct({
  both: Count,
  onlyWe: Count,
  onlyThey: Count,
  takenBefore: Count,
  closed: Count,
  /** Of these a claim was given back while the bug was not closed. */
  givenBack: Count,
  leftBehind: Count
})
export type ShadowFigures = typeof ShadowFigures.Type

/**
 * What shadow runs would have done, beside what the tracker shows happened: what `report --shadow --format json` prints. Times are
 * milliseconds since the epoch.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(ShadowView))(json) // what `report --shadow --format json` printed
 */
export class ShadowView extends Schema.Class<ShadowView>("ShadowView")({
  since: Millis,
  until: Millis,
  host: Schema.String,
  /** The repository's name; absent if no repository is known. */
  repository: Schema.optional(Schema.String),
  /** The shadow runs of the window. `failed`: those that could not decide. */
  runs: Schema.Struct({
    count: Count,
    failed: Count,
    first: Schema.optional(Millis),
    last: Schema.optional(Millis)
  }),
  /** The claim of a bug that is not closed counts as left behind after this time: `limits.maxRuntime`. */
  leftAfterMs: Schema.JsonNumber,
  figures: ShadowFigures,
  bugs: Schema.Array(ComparedBug),
  /** What could not be read, and why shadow runs failed, in words. */
  notes: Schema.Array(Schema.String)
}) {}
