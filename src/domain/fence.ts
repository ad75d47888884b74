import { Duration } from "effect"
import type { AttemptStep } from "./attemptSteps.ts"
import type { Settings } from "./Settings.ts"
import { jobCertainlyOver, longestDispatch, startTimeout } from "./longestTimes.ts"

/** How long the fence of an attempt holds on a host with these settings. Milliseconds. */
export interface FenceTerms {
  /** A dispatch that takes no step for so long may go no further. */
  readonly fence: number
  /** After its last step, an attempt is its host's for so long, whatever becomes of the host. */
  readonly hold: number
  /** What follows this step outside takes no longer; `undefined`: the step says what has happened, and nothing follows it. */
  readonly budget: (step: AttemptStep["_tag"] | "Intended") => number | undefined
}

/**
 * For so long after its eviction no other host settles what a host began. Its watcher sees the eviction within 30 seconds, and ends
 * its jobs.
 */
export const EVICTION_NOTICE = Duration.minutes(2)

/** Writing the prompt's file. */
const FILE = Duration.seconds(10)

const budgetOf = (
  step: AttemptStep["_tag"] | "Intended",
  timeouts: Settings["timeouts"]
): Duration.Duration | undefined => {
  switch (step) {
    case "Intended":
      return Duration.times(timeouts.beads, 2)
    case "Claimed":
      return timeouts.workspace
    case "WorkspaceMade":
      return FILE
    case "Prompted":
      return timeouts.preflight
    case "Starting":
      return startTimeout(timeouts)
    case "Launching":
      return timeouts.ack
    case "Acknowledged":
    case "Verifying":
    case "PassedCheck":
    case "Checking":
    case "Ending":
    case "Settled":
    case "PushTried":
      return undefined
  }
}

/**
 * The terms of a host's fences. The fence is long enough for a chain in which each provider takes all its time.
 *
 * @example
 * fenceTerms(defaultSettings).budget("Acknowledged") // undefined: the job runs already
 */
export const fenceTerms = ({
  limits,
  providers,
  timeouts
}: Pick<Settings, "limits" | "providers" | "timeouts">): FenceTerms => {
  const chain = Duration.times(startTimeout(timeouts), providers.length)
  return {
    fence: Duration.toMillis(Duration.sum(longestDispatch(timeouts), chain)),
    hold: Duration.toMillis(jobCertainlyOver({ limits })),
    budget: (step) => {
      const budget = budgetOf(step, timeouts)
      return budget && Duration.toMillis(budget)
    }
  }
}
