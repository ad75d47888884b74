import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, describe } from "vitest"
import { hasPostgres, server, type Server } from "./server.ts"

/** Tests with one server for all of them; skipped where Postgres is not installed. */
export const onPostgres = (name: string, tests: (server: Effect.Effect<Server>) => void): void => {
  describe.skipIf(!hasPostgres && process.env["CI_RUN"] === undefined)(name, () => {
    const scope = Effect.runSync(Scope.make())
    let started: Server | undefined
    beforeAll(async () => {
      started = await Effect.runPromise(Scope.extend(server, scope))
    }, 60_000)
    afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), 60_000)
    tests(
      Effect.suspend(() =>
        started === undefined ? Effect.dieMessage("the server is not started") : Effect.succeed(started)
      )
    )
  })
}
