import { Effect } from "effect"
import * as fs from "node:fs/promises"
import { setTimeout } from "node:timers/promises"

const TIMES = 1_000

/** Runs this again and again, while the directory is made and removed all the time, as other dispatchers do. */
export const whileVanishing = <E, R>(
  directory: string,
  act: Effect.Effect<unknown, E, R>
): Effect.Effect<unknown, E, R> => {
  const vanish = Effect.promise(async () => {
    await fs.mkdir(directory, { recursive: true })
    await setTimeout(1)
    await fs.rmdir(directory).catch(() => undefined)
    await setTimeout(1)
  })
  // Else the last removal would still be under way when this ends.
  return Effect.raceFirst(Effect.repeatN(act, TIMES), Effect.forever(Effect.uninterruptible(vanish)))
}
