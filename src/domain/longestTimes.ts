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

/** Clocks differ, and ending a job takes time: nothing counts as over before this much time has passed besides. */
export const GRACE = Duration.minutes(10)

/**
 * The age at which a job is certainly over, or must count as over if that cannot be told.
 *
 * @example
 * Duration.format(jobCertainlyOver(defaultSettings)) // "2h 10m"
 */
export const jobCertainlyOver = ({ limits }: Pick<Settings, "limits">): Duration.Duration =>
  Duration.sum(limits.maxRuntime, GRACE)
