import { Duration } from "effect"
import type { Settings } from "../../domain/Settings.ts"

/** Clocks differ, and ending a job takes time: nothing counts as over before this much time has passed besides. */
export const GRACE = Duration.minutes(10)

/** The age at which a job is certainly over, or must count as over if that cannot be told. */
export const jobCertainlyOver = ({ limits }: Pick<Settings, "limits">): Duration.Duration =>
  Duration.sum(limits.maxRuntime, GRACE)
