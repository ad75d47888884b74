import type { Effect, Scope } from "effect"
import { DxRunner } from "../../runner/DxRunner.ts"
import { collect } from "./collect.ts"
import { itself, preflight } from "./runnerAsks.ts"
import { logs, stop, traced } from "./runnerEnds.ts"
import { job } from "./runnerJob.ts"
import { start } from "./runnerStart.ts"
import type { RunnerWorld } from "./runnerWorld.ts"
import type { Contract } from "./suite.ts"

/**
 * What every layer of `DxRunner` must do.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.runner(makeWorld))
 */
export const runner = (makeWorld: Effect.Effect<RunnerWorld, never, Scope.Scope>): Contract =>
  collect(DxRunner, makeWorld, (checkIn) => {
    itself(checkIn(""))
    preflight(checkIn("preflight"))
    start(checkIn("start"))
    job(checkIn("job"))
    traced(checkIn("a traced job"))
    logs(checkIn("logs"))
    stop(checkIn("stop"))
  })
