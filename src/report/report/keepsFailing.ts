import { groupedBy, isBad, isEnded, isGood } from "./endFigures.ts"
import { commonestReason } from "./reasons.ts"
import type { ReportInput } from "./reportInput.ts"
import type { FailingBug } from "./reportSchema.ts"

/** So many failed jobs make a bug one that keeps failing. */
const MANY = 2

/**
 * The bugs that failed at least twice in the window without a success, the one with the most failures first. What a person has
 * cleared by `retry` counts no more.
 */
export const keepsFailing = ({ ended, titles }: Pick<ReportInput, "ended" | "titles">): ReadonlyArray<FailingBug> => {
  const bugs = groupedBy(
    ended.filter(isEnded).filter(({ cleared }) => !cleared),
    ({ beads }) => beads
  )
  const failing = [...bugs].flatMap(([beads, jobs]): ReadonlyArray<FailingBug> => {
    const failed = jobs.filter(isBad)
    const commonest = commonestReason(failed)
    const last = failed.at(-1)
    if (jobs.some(isGood) || failed.length < MANY || commonest === undefined || last === undefined) return []
    return [{ beads, title: titles.get(beads), jobs: failed.length, ...commonest, last: last.changed }]
  })
  return failing.toSorted((a, b) => b.jobs - a.jobs || b.last - a.last)
}
