import { assert, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Random } from "effect"
import { schedule } from "./schedule.ts"

/** All of them with `npm run test:faults`. */
const COUNT = Number(process.env["SCHEDULES"] ?? 3)
const FIRST = Number(process.env["SEED"] ?? 1)

it.effect(
  `${COUNT} random schedules of dispatchers that are delayed and killed leave nothing behind`,
  () =>
    Effect.gen(function* () {
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        const found = yield* schedule.pipe(
          Effect.withRandom(Random.make(seed)),
          Logger.withMinimumLogLevel(LogLevel.None)
        )
        assert.isEmpty(found, `SEED=${seed}: ${found.join("; ")}`)
      }
    }),
  600_000
)
