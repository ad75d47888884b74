import { assert, it } from "@effect/vitest"
import { Duration, Effect, Random } from "effect"
import { onPostgres } from "../postgres/shared.ts"
import { fleetSchedule } from "./fleet/schedules/fleetSchedule.ts"

/** `npm run test:faults` and `.ci/run` play 200. */
const COUNT = Number(process.env["SCHEDULES"] ?? 3)
const FIRST = Number(process.env["SEED"] ?? 1)

/** Each mostly waits, for the database and for its pauses. */
const CONCURRENCY = 8

/** On a busy host. */
const PATIENCE = Duration.minutes(2)

onPostgres("a fleet", (server) => {
  it.live(
    `${COUNT} random schedules of hosts that are killed, frozen, cut off and evicted do every bug once`,
    () =>
      Effect.flatMap(server, (on) =>
        Effect.forEach(
          Array.from({ length: COUNT }, (_, at) => FIRST + at),
          (seed) =>
            fleetSchedule(on).pipe(
              Effect.withRandom(Random.make(seed)),
              Effect.timeoutTo({
                duration: PATIENCE,
                onTimeout: () => [`it had not ended after ${Duration.format(PATIENCE)}`],
                onSuccess: (problems) => problems
              }),
              Effect.map((problems) => problems.map((problem) => `SEED=${seed}: ${problem}`))
            ),
          { concurrency: CONCURRENCY }
        )
      ).pipe(Effect.map((found) => assert.isEmpty(found.flat(), found.flat().join("\n")))),
    600_000
  )
})
