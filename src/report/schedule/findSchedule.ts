import { Effect, Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Exec } from "../../exec/Exec.ts"
import { scheduleOfCrontab } from "./crontab.ts"
import { readCrontab } from "./readCrontab.ts"

/** When runs are due, and how that is known. */
export interface FoundSchedule {
  /** `undefined`: it is not known, so nothing can be called late or missed. */
  readonly schedule: Schedule | undefined
  readonly from: "settings" | "crontab" | undefined
  /** For a person: where it was found, or why it is not known and what to do. */
  readonly why: string
}

/**
 * When runs are due: by the setting `schedule`, else by the line of this user's crontab that starts `nightly-dispatch run`.
 * Never fails, and takes two seconds at most.
 *
 * @example
 * const { schedule, why } = yield* findSchedule
 */
export const findSchedule: Effect.Effect<FoundSchedule, never, Exec> = Effect.gen(function* () {
  const { schedule } = yield* CurrentSettings
  if (schedule !== undefined) return { schedule, from: "settings" as const, why: "the setting schedule" }
  const crontab = Either.mapLeft(yield* Effect.either(readCrontab("2 seconds")), ({ message }) => message)
  return Either.match(Either.flatMap(crontab, scheduleOfCrontab), {
    onRight: (found) => ({ schedule: found, from: "crontab" as const, why: "your crontab" }),
    onLeft: (why) => ({
      schedule: undefined,
      from: undefined,
      why: `not known: ${why}. If something else starts the runs, set schedule`
    })
  })
}).pipe(Effect.withSpan("findSchedule"))
