import { DateTime } from "effect"
import { differenceOf } from "./difference.ts"
import { hostFigures } from "./hostFigures.ts"
import { jobFigures } from "./jobFigures.ts"
import { keepsFailing } from "./keepsFailing.ts"
import { jobsOf } from "./lastNight.ts"
import { lastNights, nightFacts, nightFigures } from "./nightFigures.ts"
import { providerFigures } from "./providerFigures.ts"
import type { ReportInput } from "./reportInput.ts"
import { ReportView } from "./reportSchema.ts"
import { reviewFigures } from "./reviewFigures.ts"
import { runFigures } from "./runFigures.ts"

/**
 * What the dispatcher did in a window of time. Pure: the same input gives the same view.
 *
 * @example
 * const view = reportView(facts)
 */
export const reportView = (input: ReportInput): ReportView => {
  const nights = nightFacts(input)
  const runs = runFigures(input)
  const { before, last } = lastNights(nights)
  const hosts = hostFigures(input)
  const { host, lastRun, notes, repository, since, until, zone } = input
  return new ReportView({
    since,
    until,
    zone: DateTime.zoneToString(zone),
    host,
    repository,
    lastRun,
    runs,
    jobs: jobFigures(input),
    review: reviewFigures(input),
    nights: nights.map((night) => nightFigures(night, runs.judged?.missed ?? [])),
    ...(hosts === undefined ? {} : { hosts }),
    providers: providerFigures(input),
    keepsFailing: keepsFailing(input),
    difference: differenceOf({ before, last }, input.refusalsByNight),
    lastNight:
      last === undefined
        ? undefined
        : { date: last.date, from: last.from, until: last.until, jobs: jobsOf(last, input) },
    notes
  })
}
