import { assert, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Random, TestContext } from "effect"
import { schedule } from "./schedule.ts"

/** All of them with `npm run test:faults`. */
const COUNT = Number(process.env["SCHEDULES"] ?? 3)
const FIRST = Number(process.env["SEED"] ?? 1)

/** Each has a clock of its own, which mostly waits for a real moment to pass. */
const AT_ONCE = 10

it.live(
  `${COUNT} random schedules of dispatchers that are delayed and killed leave nothing behind`,
  () =>
    Effect.forEach(
      Array.from({ length: COUNT }, (_, at) => FIRST + at),
      (seed) =>
        schedule.pipe(
          Effect.withRandom(Random.make(seed)),
          Effect.provide(TestContext.TestContext),
          Logger.withMinimumLogLevel(LogLevel.None),
          Effect.map((found) => assert.isEmpty(found, `SEED=${seed}: ${found.join("; ")}`))
        ),
      { concurrency: AT_ONCE, discard: true }
    ),
  600_000
)
