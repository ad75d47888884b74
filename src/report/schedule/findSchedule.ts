import { Effect, Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Exec } from "../../exec/Exec.ts"
import { scheduleOfCrontab } from "./crontab.ts"
import { OwnSchedule } from "./OwnSchedule.ts"
import { readCrontab } from "./readCrontab.ts"

/** When runs are due, and how that is known. */
export interface FoundSchedule {
  /** `undefined`: it is not known, so nothing can be called late or missed. */
  readonly schedule: Schedule | undefined
  readonly from: "settings" | "crontab" | "systemd" | "launchd" | undefined
  /** For a person: where it was found, or why it is not known and what to do. */
  readonly why: string
}

const unknown = (why: string): FoundSchedule => ({
  schedule: undefined,
  from: undefined,
  why: `not known: ${why}. If something else starts the runs, set schedule`
})

/**
 * When runs are due: by the setting `schedule`, else by the line of this user's crontab that starts `nightly-dispatch run`, else
 * by the timer of systemd or the agent of launchd that `cron install` wrote. Never fails, and takes a few seconds at most.
 *
 * @example
 * const { schedule, why } = yield* findSchedule
 */
export const findSchedule: Effect.Effect<FoundSchedule, never, Exec> = Effect.gen(function* () {
  const { schedule } = yield* CurrentSettings
  if (schedule !== undefined) return { schedule, from: "settings" as const, why: "the setting schedule" }
  const own = yield* OwnSchedule
  const [crontab, { filed, linesOf }] = yield* Effect.all([Effect.either(readCrontab("2 seconds")), own.installed], {
    concurrency: "unbounded"
  })
  const found = Either.flatMap(
    Either.mapBoth(crontab, { onLeft: ({ message }) => message, onRight: linesOf }),
    scheduleOfCrontab
  )
  if (Either.isRight(found)) return { schedule: found.right, from: "crontab" as const, why: "your crontab" }
  if (filed === undefined) return unknown(found.left)
  const name = filed.file.slice(filed.file.lastIndexOf("/") + 1)
  return Either.match(filed.schedule, {
    onRight: (schedule): FoundSchedule => ({ schedule, from: filed.starter, why: name }),
    onLeft: (why) => unknown(`${name}: ${why}`)
  })
}).pipe(Effect.withSpan("findSchedule"))
