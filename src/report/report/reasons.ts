import { normalise } from "../../dispatch/plan/normalise.ts"
import { oneLine } from "../../domain/Text.ts"
import type { RefusalFacts } from "../../journal/JournalQueries.ts"
import { groupedBy, isBad, type EndedFacts } from "./endFigures.ts"
import type { Fault } from "./reportSchema.ts"

/** Characters. A reason is shown beside others. */
const LENGTH = 200

/** Why an attempt ended badly, on one line. */
export const reasonOf = ({ detail, end }: Pick<EndedFacts, "detail" | "end">): string =>
  // Of a job without a change, the detail says that it ended well.
  end === "no_op" ? "the job changed nothing" : oneLine(detail ?? "", LENGTH) || end

interface Counted {
  readonly reason: string
  readonly times: number
}

/**
 * The reason that is the most frequent one; `undefined` of none. Reasons that differ only in counts and times are one, in the words
 * of the last of them.
 */
const commonest = (reasons: ReadonlyArray<Counted>): Counted | undefined => {
  const sums = [...groupedBy(reasons, ({ reason }) => normalise(reason)).values()].map((group) => ({
    reason: group.at(-1)?.reason ?? "",
    times: group.reduce((sum, { times }) => sum + times, 0)
  }))
  return sums.toSorted((a, b) => b.times - a.times)[0]
}

/** The commonest reason of these ends. */
export const commonestReason = (ended: ReadonlyArray<EndedFacts>): Counted | undefined =>
  commonest(ended.map((attempt) => ({ reason: reasonOf(attempt), times: 1 })))

const isItsFault = (attempt: EndedFacts): boolean =>
  isBad(attempt) && (attempt.blame === "provider" || attempt.end === "stalled")

/** What went wrong most often with one provider, by its refusals and by the ends of its jobs that it is blamed for. */
export const faultOf = (refusals: ReadonlyArray<RefusalFacts>, ended: ReadonlyArray<EndedFacts>): Fault | undefined => {
  const refused = commonest(refusals.map(({ detail, runs }) => ({ reason: oneLine(detail, LENGTH), times: runs })))
  const failed = commonestReason(ended.filter(isItsFault))
  if (refused !== undefined && refused.times >= (failed?.times ?? 0)) return { ...refused, of: "runs" }
  return failed === undefined ? undefined : { ...failed, of: "jobs" }
}
