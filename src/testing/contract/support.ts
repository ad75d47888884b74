import { Duration, Effect, Schedule } from "effect"
import { Actor } from "../../domain/Actor.ts"
import { Mark } from "../../domain/Identity.ts"
import { BeadsId } from "../../domain/Ids.ts"

/** The mark of the dispatcher under test, and of another one. */
export const MARK = Mark.make("0123456789abcdef0123456789abcdef")
export const OTHER_MARK = Mark.make("fedcba9876543210fedcba9876543210")
/** Only what carries `MARK` is ours. */
export const OWN = { isOwn: (mark: Mark) => mark === MARK }

/** Text that breaks code which passes it through a shell, a flag parser, a line reader or a C string. */
export const NASTY_TEXT =
  "--help; $(touch /tmp/owned) `id` ${HOME} %s \\n \\\\ 'single' \"double\" && exit 1 | cat\n\n\tsecond line — ünïcödé 🐛 日本語\n- end"

/** The actor of a new attempt: each call gives another one, so that no test finds the processes of another. */
export const newAttempt = (): Actor =>
  Actor.make(`nightly-dispatch/test/${crypto.randomUUID().replaceAll("-", "").slice(8)}/1`)

export const beadsId = (id: string): BeadsId => BeadsId.make(id)

/**
 * Asks every 25 ms until the answer satisfies `until`, for at most `within`. Returns the last answer in both cases, so that
 * the caller's assertion shows it.
 */
export const eventually = <A, E, R>(
  ask: Effect.Effect<A, E, R>,
  until: (answer: A) => boolean,
  within: Duration.DurationInput = "10 seconds"
): Effect.Effect<A, E, R> =>
  ask.pipe(
    Effect.repeat({
      until,
      schedule: Schedule.spaced("25 millis").pipe(
        Schedule.intersect(Schedule.recurs(Math.ceil(Duration.toMillis(within) / 25)))
      )
    }),
    Effect.zipRight(ask)
  )
