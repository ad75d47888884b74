import { assert, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { onPostgres } from "../postgres/shared.ts"
import { fleetSchedule } from "./fleet/schedules/fleetSchedule.ts"

/** `npm run test:faults` and `.ci/run` play 200. */
const COUNT = Number(process.env["SCHEDULES"] ?? 3)
const FIRST = Number(process.env["SEED"] ?? 1)

/** Each mostly waits, for the database and for its pauses. */
const CONCURRENCY = 8

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
              Effect.timed,
              Effect.map(([d, x]) => {
                console.log(seed, String(d), x)
                return x
              }),
              Effect.timeoutTo({ duration: "25 seconds", onTimeout: () => ["hangs"], onSuccess: (x) => x }),
              Effect.map((problems) => problems.map((problem) => `SEED=${seed}: ${problem}`))
            ),
          { concurrency: CONCURRENCY }
        )
      ).pipe(Effect.map((found) => assert.isEmpty(found.flat(), found.flat().join("\n")))),
    600_000
  )
})
