import { Either } from "effect"
import { parseSchedule, type Schedule } from "../../domain/schedule.ts"

/** What a file of ours says of its schedule, in a comment. It has no two hyphens in a row, which end a comment of XML. */
export const madeFor = ({ text }: Schedule): string => `Made by nightly-dispatch cron for the schedule ${text}`

/** The schedule that `madeFor` wrote. Left: why there is none. */
export const scheduleInComment = (text: string): Either.Either<Schedule, string> => {
  const [, fields] = /\bfor the schedule (@[a-z]+|\S+(?: \S+){4})(?: -->)?$/m.exec(text) ?? []
  return fields === undefined
    ? Either.left("it does not say which schedule nightly-dispatch made it for")
    : parseSchedule(fields)
}

/** Why the times of such a file are not known, if they are not those of its comment. */
export const CHANGED = "its times were changed by hand"
