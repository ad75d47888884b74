import { Clock, Duration, Effect } from "effect"
import { RESULTS_WINDOW } from "../../domain/ProviderResult.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { jobCertainlyOver } from "../../domain/longestTimes.ts"

/**
 * What ended before these times is old: `records` of the journal, `logs` of jobs, and worktrees, which are as old as their
 * attempt. Whatever the settings say, no record goes that a provider's health is judged by, and no log of a job that may run.
 * Milliseconds since the epoch.
 */
export const ages = Effect.gen(function* () {
  const [now, { limits, retention }] = yield* Effect.all([Clock.currentTimeMillis, CurrentSettings])
  const ago = (kept: Duration.Duration, needed: Duration.Duration) =>
    now - Duration.toMillis(Duration.max(kept, needed))
  return {
    records: ago(retention.journal, Duration.max(RESULTS_WINDOW, jobCertainlyOver({ limits }))),
    logs: ago(retention.logs, jobCertainlyOver({ limits }))
  }
})
