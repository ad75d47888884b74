import { Effect, Schema } from "effect"
import type { Machine } from "./world.ts"

const decodeAttempts = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Struct({ attempts: Schema.Array(Schema.Struct({ state: Schema.String })) }))
)

/** Settles until every attempt has ended, ten seconds at most. Gives what all calls logged. */
export const settleAll = Effect.fn("settleAll")(function* ({ nd }: Machine, options: Parameters<Machine["nd"]>[1]) {
  let log = ""
  for (let tries = 0; tries < 50; tries++) {
    const settled = yield* nd(["settle", "--json"], options)
    log += settled.stderr
    if (decodeAttempts(settled.stdout).attempts.every(({ state }) => state === "Ended")) break
    yield* Effect.sleep("200 millis")
  }
  return log
})
