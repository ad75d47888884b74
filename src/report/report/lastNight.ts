import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import type { NightFacts } from "./nightFigures.ts"
import type { ReportInput } from "./reportInput.ts"
import type { NightJob } from "./reportSchema.ts"

/** When the attempt's job ended. A dispatcher may have settled it hours later. */
const endOf = ({ began, changed, durationMs, end }: AttemptFacts, now: number): number => {
  if (end === undefined) return now
  return durationMs === undefined ? changed : Math.min(changed, began + durationMs)
}

/** The jobs that began in one night, and those that run since then; the first that began first. */
export const jobsOf = (
  night: NightFacts,
  { open, titles, until }: Pick<ReportInput, "open" | "titles" | "until">
): ReadonlyArray<NightJob> => {
  const running = open.filter(({ began, hadJob }) => hadJob && began >= night.from && began < night.until)
  return [...night.ended.filter(({ began }) => began >= night.from), ...running]
    .toSorted((a, b) => a.began - b.began)
    .map((attempt) => {
      const { beads, began, detail, end, number, provider, run } = attempt
      return {
        beads,
        title: titles.get(beads),
        run,
        number,
        provider,
        began,
        until: endOf(attempt, until),
        end,
        detail
      }
    })
}
