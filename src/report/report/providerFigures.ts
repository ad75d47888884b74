import type { ProviderName } from "../../domain/Provider.ts"
import { groupedBy, isEnded, isGood, medianOf, successOf } from "./endFigures.ts"
import { faultOf } from "./reasons.ts"
import type { ReportInput } from "./reportInput.ts"
import type { ProviderFigures } from "./reportSchema.ts"

/** Each provider that had a job, refused a run or was a fallback; the one with the most jobs first. */
export const providerFigures = ({ ended: all, fallbacks, refusals }: ReportInput): ReadonlyArray<ProviderFigures> => {
  const ended = groupedBy(all.filter(isEnded), ({ provider }) => provider)
  const refused = groupedBy(refusals, ({ provider }) => provider)
  const names = new Set<ProviderName>([
    ...[...ended.keys()].flatMap((name) => name ?? []),
    ...fallbacks.keys(),
    ...refused.keys()
  ])
  const figures = [...names].map((provider): ProviderFigures => {
    const jobs = ended.get(provider) ?? []
    return {
      provider,
      jobs: jobs.length,
      good: jobs.filter(isGood).length,
      success: successOf(jobs),
      medianMs: medianOf(jobs.flatMap(({ durationMs }) => durationMs ?? [])),
      fallbacks: fallbacks.get(provider) ?? 0,
      fault: faultOf(refused.get(provider) ?? [], jobs)
    }
  })
  return figures.toSorted((a, b) => b.jobs - a.jobs || (a.provider < b.provider ? -1 : 1))
}
