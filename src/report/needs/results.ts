import { kindOfResult, resultsByProvider, type ProviderResults } from "../../domain/ProviderResult.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"

/**
 * The same as `providerResults` of these attempts, without their whole records: of thousands, these take longer to read than
 * everything else that is shown. `now`: milliseconds since the epoch.
 */
export const resultsOfFacts = (attempts: ReadonlyArray<AttemptFacts>, now: number): ProviderResults =>
  resultsByProvider(
    attempts.flatMap(({ beads, blame, changed: at, detail = "", end, hadJob, probe = false, provider }) => {
      const kind = end === undefined ? undefined : kindOfResult({ blame, end })
      return hadJob && provider !== undefined && kind !== undefined
        ? [{ provider, beads, kind, at, probe, detail }]
        : []
    }),
    now
  )
