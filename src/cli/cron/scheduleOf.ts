import { Clock, Effect, Either, Option } from "effect"
import { nextTick, parseSchedule, type Schedule } from "../../domain/schedule.ts"
import { whenOf } from "../../domain/times.ts"
import { WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { NIGHTLY } from "./text.ts"

/** When runs are to start: by the option, else by the setting, else as until now, else each hour of the night. */
export const scheduleOf = Effect.fn("cron.schedule")(function* (
  option: Option.Option<string>,
  { settings }: LoadedSettings,
  before?: string
) {
  const text = Option.getOrElse(option, () => settings.schedule?.text ?? before ?? NIGHTLY)
  const schedule = yield* Effect.mapError(
    parseSchedule(text),
    (why) => new WrongUsage({ what: `this is no schedule: ${why}` })
  )
  const now = yield* Clock.currentTimeMillis
  if (Option.isSome(nextTick(schedule, now))) return schedule
  return yield* new WrongUsage({ what: `no day is ever like this: "${text}"` })
})

/** When the next run is due, in words. */
export const nextRunInWords = Effect.fn("cron.nextRun")(function* (schedule: Either.Either<Schedule, string>) {
  const frame = yield* frameHere()
  return Either.match(schedule, {
    onLeft: (why) => `unknown: ${why}`,
    onRight: (known) =>
      Option.match(nextTick(known, frame.now), { onNone: () => "never", onSome: (at) => whenOf(at, frame) })
  })
})
