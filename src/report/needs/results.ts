import { kindOfResult, resultsByProvider, type ProviderResults } from "../../domain/ProviderResult.ts"
import type { EndedJob } from "../../journal/JournalQueries.ts"

/**
 * The same as `providerResults` of these jobs' attempts, without their whole records: of thousands, these take longer to read
 * than everything else that is shown. `now`: milliseconds since the epoch.
 */
export const resultsOfJobs = (jobs: ReadonlyArray<EndedJob>, now: number): ProviderResults =>
  resultsByProvider(
    jobs.flatMap(({ beads, blame, changed: at, detail, end, freeAt, needs, probe, provider }) => {
      const kind = kindOfResult({ blame, end, needs })
      return kind === undefined ? [] : [{ provider, beads, kind, at, probe, detail, freeAt, needs }]
    }),
    now
  )
