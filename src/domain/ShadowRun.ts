import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import { RunReport } from "./RunReport.ts"

/**
 * What the tracker showed of a bug at one moment.
 *
 * @example
 * SeenBug.make({ id, title: "Prices show NaN", status: "open" })
 */
export const SeenBug = Schema.Struct({
  id: BeadsId,
  title: Schema.String,
  /** The tracker's own word; `closed` of a bug with a closing date, `missing` if the tracker has no such bug. */
  status: Schema.String,
  /** The actor that held the claim; absent if nobody did. */
  assignee: Schema.optional(Schema.String),
  /** The tracker did not answer for this bug: the other fields are those of the look before. */
  unread: Schema.optional(Schema.Literal(true))
})
export type SeenBug = typeof SeenBug.Type

/**
 * Whether no later look can show more of the bug, unless it is opened again.
 *
 * @example
 * isOut({ status: "closed" }) // true
 */
export const isOut = ({ status }: Pick<SeenBug, "status">): boolean => status === "closed" || status === "missing"

/**
 * What a run would have done, and what the tracker showed of the bugs then.
 *
 * @example
 * new ShadowRun({ at: now, report, seen: [] })
 */
export class ShadowRun extends Schema.Class<ShadowRun>("ShadowRun")({
  /** When the tracker was looked at. Milliseconds since the epoch. */
  at: Schema.JsonNumber,
  /** Its `Planned` outcomes are the bugs that would have been dispatched, in this order. */
  report: RunReport,
  /** The open bugs, and those of the looks before that were neither closed nor missing. */
  seen: Schema.Array(SeenBug)
}) {}
