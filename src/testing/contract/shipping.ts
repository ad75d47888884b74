import { Effect, type Layer, type Scope } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { DxRunner, type JobRequest } from "../../runner/DxRunner.ts"
import { assert } from "./assert.ts"
import { collect } from "./collect.ts"
import type { Contract } from "./suite.ts"
import { beadsId } from "./support.ts"

/** A runner that ships prompt and workspace, without jobs, and what the test can do to it. */
export interface ShippingWorld {
  readonly layer: Layer.Layer<DxRunner>
  /** A request whose workspace is shipped: its path is a clone on this host. */
  readonly request: (id: BeadsId) => Effect.Effect<JobRequest>
  /** Removes the prompt file of the request. Absent: there is none on a disk. */
  readonly removePrompt?: (request: JobRequest) => Effect.Effect<void>
  /** Ends the bug's job well; `made`: with a pull request. */
  readonly end: (id: BeadsId, made: boolean) => Effect.Effect<void>
}

/**
 * What a `DxRunner` that ships prompt and workspace itself must do besides `runner`.
 *
 * @example
 * contract.keeps({ describe, it }, "a runner on CI", contract.shipping(makeWorld))
 */
export const shipping = (makeWorld: Effect.Effect<ShippingWorld, never, Scope.Scope>): Contract =>
  collect(DxRunner, makeWorld, (checkIn) => {
    const check = checkIn("shipping")
    check("says so", ({ ships }) => Effect.sync(() => assert.deepStrictEqual(ships, { prompt: true, workspace: true })))

    for (const made of [true, false]) {
      check(
        `a job ${made ? "with" : "without"} a pull request needs no prompt file after its start, and says so at its end`,
        (runner, { end, removePrompt = () => Effect.void, request: requestOf }) =>
          Effect.gen(function* () {
            const id = beadsId("bd-1")
            const request = yield* requestOf(id)
            const ack = yield* runner.start(request)
            yield* removePrompt(request)
            const running = yield* runner.job(id)
            assert.isTrue(running !== undefined && isLive(running))
            assert.isUndefined(running?.result, "a job that runs has no result")
            yield* end(id, made)
            const ended = yield* runner.job(id)
            assert.deepStrictEqual([ended?.phase, ended?.runInstance], ["succeeded", ack.runInstance])
            assert.strictEqual(ended?.result !== undefined, made)
            if (ended?.result !== undefined) assert.isTrue(URL.canParse(ended.result.url), ended.result.url)
          })
      )
    }
  })
