import { assert, type TestContext } from "@effect/vitest"
import { Duration, Effect, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { Actor } from "../../src/domain/Actor.ts"
import { BeadsId } from "../../src/domain/Ids.ts"

/** Text that breaks code which passes it through a shell, a flag parser, a line reader or a C string. */
export const NASTY_TEXT =
  "--help; $(touch /tmp/owned) `id` ${HOME} %s \\n \\\\ 'single' \"double\" && exit 1 | cat\n\n\tsecond line — ünïcödé 🐛 日本語\n- end"

/** The actor of a new attempt: each call gives another one, so that no test finds the processes of another. */
export const newAttempt = (): Actor => Actor.make(`nightly-dispatch/test/${randomBytes(12).toString("hex")}/1`)

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

/** Skips the test, visibly, because this world has no way to look at the tested state. */
export const absent = (context: TestContext): Effect.Effect<never> =>
  Effect.zipRight(
    Effect.sync((): void => context.skip("this world cannot show it")),
    Effect.never
  )

/** Asserts that both have the same members, in any order, with a readable failure. */
export const sameMembers = (actual: ReadonlyArray<string>, expected: ReadonlyArray<string>): void =>
  assert.deepStrictEqual([...actual].sort(), [...expected].sort())
