import { Array, Cron, Either, Option, ParseResult, Predicate, Schema } from "effect"

/** The times of the shorthands that crontab(5) has. `@reboot` is none: nobody can say when it is due. */
const SHORTHANDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *"
}

/** When runs are due. */
export interface Schedule {
  /** As it was written: `0 6-13 * * *`. */
  readonly text: string
  /** In the time zone that cron uses. */
  readonly cron: Cron.Cron
}

/**
 * Reads the five fields of a crontab line, or a shorthand such as `@hourly`. Left: what is wrong, in words.
 *
 * @example
 * parseSchedule("0 6-13 * * *", "Europe/Berlin")
 */
export const parseSchedule = (text: string, zone?: string): Either.Either<Schedule, string> => {
  const fields = SHORTHANDS[text.trim().toLowerCase()] ?? text.trim()
  if (fields.split(/\s+/).length !== 5)
    return Either.left(`expected five fields, like "0 6-13 * * *", actual "${text}"`)
  return Either.mapBoth(Cron.parse(fields, zone), {
    onLeft: ({ message }) => `${message.charAt(0).toLowerCase()}${message.slice(1)} in "${text}"`,
    onRight: (cron) => ({ text: text.trim(), cron })
  })
}

const seconds = (date: { readonly getTime: () => number }): number => Math.floor(date.getTime() / 1000) * 1000

const isSchedule = (value: unknown): value is Schedule =>
  Predicate.hasProperty(value, "text") && Predicate.hasProperty(value, "cron") && Cron.isCron(value.cron)

const SHAPE = String.raw`^\s*(?:@[A-Za-z]+|\S+(?:\s+\S+){4})\s*$`

/** A schedule in a settings file, in this host's time zone: five fields of a crontab line, or a shorthand. */
export const ScheduleText = Schema.transformOrFail(Schema.String, Schema.declare(isSchedule), {
  strict: true,
  decode: (text, _, ast) => Either.mapLeft(parseSchedule(text), (message) => new ParseResult.Type(ast, text, message)),
  encode: ({ text }) => Either.right(text)
}).annotations({ identifier: "Schedule", jsonSchema: { type: "string", pattern: SHAPE } })

/** The next time after `at` (milliseconds since the epoch) at which a run is due; `None` if it never is. */
export const nextTick = ({ cron }: Schedule, at: number): Option.Option<number> =>
  Option.map(Option.liftThrowable(() => Cron.next(cron, at))(), seconds)

/** No window has more: 13 months of one run a minute. */
const MOST_TICKS = 600_000

/** When runs were due from `since` until before `until`, oldest first. Milliseconds since the epoch. */
export const ticksIn = (schedule: Schedule, since: number, until: number): ReadonlyArray<number> => {
  const ticks: globalThis.Array<number> = []
  let tick = nextTick(schedule, since - 1000)
  while (Option.isSome(tick) && tick.value < until && ticks.length < MOST_TICKS) {
    if (tick.value >= since) ticks.push(tick.value)
    tick = nextTick(schedule, tick.value)
  }
  return ticks
}

const DAY = 86_400_000
/** A leap day comes once in eight years at the least. */
const BACK = [DAY, 32 * DAY, 8 * 366 * DAY]

/** The last time at or before `at` at which a run was due; `None` if it never was. */
export const lastTick = (schedule: Schedule, at: number): Option.Option<number> =>
  // Not `Cron.prev`: with a day of the month and a day of the week it gives a time that has not come yet.
  Array.findFirst(BACK, (span) => Array.last(ticksIn(schedule, at - span, at + 1)))
