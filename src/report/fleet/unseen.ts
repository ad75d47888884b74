import { Duration, Option } from "effect"
import type { Host } from "../../domain/Host.ts"
import { lastTick, type Schedule } from "../../domain/schedule.ts"
import { GRACE } from "../schedule/judge.ts"

/** Where the schedule is not known. Milliseconds. */
const DAY = Duration.toMillis("1 day")

/** When the last run but one was due that should have come by now. Milliseconds since the epoch. */
const lastButOne = (schedule: Schedule, now: number): number | undefined =>
  Option.getOrUndefined(Option.flatMap(lastTick(schedule, now - GRACE), (last) => lastTick(schedule, last - 1)))

/**
 * Whether a host that works was not seen for so long that two runs in a row did not come from it; for a day, where the schedule
 * is not known. By how long ago the database saw it: clocks of hosts may differ by `GRACE`.
 *
 * @example
 * hosts.filter((host) => isUnseen(host, { now, schedule }))
 */
export const isUnseen = (
  { seenAgo, state }: Pick<Host, "seenAgo" | "state">,
  { now, schedule }: { readonly now: number; readonly schedule: Schedule | undefined }
): boolean => {
  if (state !== "active") return false
  const due = schedule === undefined ? undefined : lastButOne(schedule, now)
  return due === undefined ? seenAgo > DAY : now - seenAgo + GRACE < due
}
