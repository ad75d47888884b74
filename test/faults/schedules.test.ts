import { assert, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Random, TestContext } from "effect"
import { schedule } from "./schedules/schedule.ts"

/** `npm run test:faults` and `.ci/run` play 200. */
const COUNT = Number(process.env["SCHEDULES"] ?? 3)
const FIRST = Number(process.env["SEED"] ?? 1)

/** Each has its own TestClock, and mostly waits for the event loop. */
const CONCURRENCY = 10

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
          Effect.map((problems) => assert.isEmpty(problems, `SEED=${seed}: ${problems.join("; ")}`))
        ),
      { concurrency: CONCURRENCY, discard: true }
    ),
  1_800_000
)
