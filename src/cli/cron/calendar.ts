import { Either, type Array as Arr } from "effect"
import type { Schedule } from "../../domain/schedule.ts"

/** Times of a schedule. An empty list is any value; days of the week count from Sunday, 0. */
export interface Times {
  readonly minutes: ReadonlyArray<number>
  readonly hours: ReadonlyArray<number>
  readonly days: ReadonlyArray<number>
  readonly months: ReadonlyArray<number>
  readonly weekdays: ReadonlyArray<number>
}

/**
 * A schedule as one or two sets of times, of which any may hold. Cron takes a day if its day of the month or its day of the week
 * is one of those named; but if one of the two fields begins with `*`, both must be.
 *
 * @example
 * timesOf(schedule) // "0 6 1 * 1": the first of each month, and each Monday
 */
export const timesOf = ({ cron, text }: Schedule): Arr.NonEmptyReadonlyArray<Times> => {
  const times = {
    minutes: [...cron.minutes],
    hours: [...cron.hours],
    days: [...cron.days],
    months: [...cron.months],
    weekdays: [...cron.weekdays]
  }
  const [, , day = "", , weekday = ""] = text.trim().split(/\s+/)
  const isEither =
    times.days.length > 0 && times.weekdays.length > 0 && !day.startsWith("*") && !weekday.startsWith("*")
  return isEither
    ? [
        { ...times, weekdays: [] },
        { ...times, days: [] }
      ]
    : [times]
}

/** Neighbours become a range, at least three of them. */
const ranges = (values: ReadonlyArray<number>, show: (value: number) => string): string => {
  const parts: Array<Array<number>> = []
  for (const value of values) {
    const last = parts.at(-1)
    if (last !== undefined && last.at(-1) === value - 1) last.push(value)
    else parts.push([value])
  }
  return parts
    .flatMap((part) => {
      const [first = 0, last = 0] = [part[0], part.at(-1)]
      return part.length < 3 ? part.map(show) : [`${show(first)}..${show(last)}`]
    })
    .join(",")
}

const two = (value: number): string => String(value).padStart(2, "0")
const some = (values: ReadonlyArray<number>, show = two): string => (values.length === 0 ? "*" : ranges(values, show))

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/** Systemd's week begins on Monday: Sunday comes last, so that it may end a range. */
const weekdays = (values: ReadonlyArray<number>): string =>
  values.length === 0
    ? ""
    : `${ranges(
        values.map((day) => (day === 0 ? 7 : day)).toSorted((a, b) => a - b),
        (day) => WEEKDAYS[day % 7] ?? ""
      )} `

/**
 * A schedule as systemd.time(7) has it: the values of `OnCalendar=`, of which any may hold.
 *
 * @example
 * onCalendar(schedule) // "0 6-13 * * 1-5": ["Mon..Fri *-*-* 06..13:00:00"]
 */
export const onCalendar = (schedule: Schedule): ReadonlyArray<string> =>
  timesOf(schedule).map(
    (times) =>
      `${weekdays(times.weekdays)}*-${some(times.months)}-${some(times.days)} ${some(times.hours)}:${some(times.minutes)}:00`
  )

/** More entries would make a property list that a person cannot read. */
const MOST_ENTRIES = 200

/** One entry of `StartCalendarInterval`. A missing key stands for any value. */
export type CalendarInterval = Readonly<Partial<Record<"Minute" | "Hour" | "Day" | "Month" | "Weekday", number>>>

const KEYS = { Minute: "minutes", Hour: "hours", Day: "days", Month: "months", Weekday: "weekdays" } as const
type Key = keyof typeof KEYS
const KEY_NAMES: ReadonlyArray<Key> = ["Month", "Day", "Weekday", "Hour", "Minute"]

/**
 * A schedule as launchd.plist(5) has it: an entry for each combination. Left: launchd cannot say it.
 *
 * @example
 * calendarIntervals(schedule) // "0 6-7 * * *": [{ Hour: 6, Minute: 0 }, { Hour: 7, Minute: 0 }]
 */
export const calendarIntervals = (schedule: Schedule): Either.Either<ReadonlyArray<CalendarInterval>, string> => {
  const sets = timesOf(schedule)
  if (sets.length === 1 && sets[0].days.length > 0 && sets[0].weekdays.length > 0) {
    return Either.left(
      `launchd cannot start a run only on days that are named both by day of the month and by day of the week: "${schedule.text}"`
    )
  }
  const sizes = sets.map((times) => KEY_NAMES.reduce((size, key) => size * Math.max(1, times[KEYS[key]].length), 1))
  const size = sizes.reduce((sum, each) => sum + each, 0)
  if (size > MOST_ENTRIES) {
    const next = `give a schedule with at most ${MOST_ENTRIES}, such as "0 6-13 * * *"`
    return Either.left(`launchd needs ${size} entries for "${schedule.text}"; ${next}`)
  }
  const crossed = (times: Times) =>
    KEY_NAMES.reduce<ReadonlyArray<CalendarInterval>>(
      (entries, key) => {
        const values = times[KEYS[key]].map((value): CalendarInterval => ({ [key]: value }))
        return values.length === 0
          ? entries
          : entries.flatMap((entry) => values.map((value) => Object.assign({}, entry, value)))
      },
      [{}]
    )
  return Either.right(sets.flatMap(crossed))
}
