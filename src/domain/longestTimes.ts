import { Duration } from "effect"
import type { Settings } from "./Settings.ts"

/**
 * The longest that a runner's `start` may take: dx-runner repeats the preflight inside, before its acknowledgement.
 *
 * @example
 * Duration.format(startTimeout(defaultSettings.timeouts)) // "1m 30s"
 */
export const startTimeout = ({ ack, preflight }: Record<"ack" | "preflight", Duration.DurationInput>) =>
  Duration.sum(preflight, ack)

/**
 * The longest that one dispatch may take: start, worktree, and three calls of the tracker (re-read, claim, read-back). The
 * time left of `timeouts.run` must hold it. The two short reads of the claim around the start are not counted.
 *
 * @example
 * Duration.format(longestDispatch(defaultSettings.timeouts)) // "5m"
 */
export const longestDispatch = (timeouts: Settings["timeouts"]): Duration.Duration =>
  Duration.sum(startTimeout(timeouts), Duration.sum(timeouts.workspace, Duration.times(timeouts.beads, 3)))
