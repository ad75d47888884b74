import { Effect, Either, Layer, Schema } from "effect"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { providerOf, requestOf, runnerOn } from "./localWorld.ts"

/** The program's one argument. */
export const Orders = Schema.parseJson(
  Schema.Struct({
    root: Schema.String,
    stateDir: Schema.String,
    agent: Schema.String,
    mode: Schema.String,
    maxParallel: Schema.Int,
    ids: Schema.Array(BeadsId),
    /** The program kills itself with SIGKILL when everything is on record, before its first gate opens. */
    dies: Schema.Boolean
  })
)

/** The program's output: for each bug how it was started, that its provider was full, or why it failed. */
export const Report = Schema.parseJson(Schema.Array(Schema.String))

const mortal = Layer.effect(
  Exec,
  Effect.map(Exec, (exec) =>
    Exec.of({
      ...exec,
      launchGated: (spec, gate) =>
        exec.launchGated(spec, (starter, cgroup) =>
          Effect.zipRight(
            gate(starter, cgroup),
            Effect.async<never>(() => {
              process.kill(process.pid, "SIGKILL")
            })
          )
        )
    })
  )
).pipe(Layer.provide(NodeExec.layer))

/** A process that starts jobs and ends. */
export const main = (argument: string): Promise<void> =>
  Effect.gen(function* () {
    const orders = yield* Schema.decode(Orders)(argument)
    const provider = providerOf(orders.agent, orders.mode, orders.maxParallel)
    const results = yield* Effect.flatMap(DxRunner, (runner) =>
      Effect.forEach(orders.ids, (id) => Effect.either(runner.start(requestOf(orders.root, id, provider))), {
        concurrency: "unbounded"
      })
    ).pipe(Effect.provide(runnerOn(orders.stateDir, orders.dies ? mortal : NodeExec.layer)))
    const words = results.map((result) =>
      Either.isRight(result)
        ? result.right.how
        : "capacity" in result.left && result.left.capacity
          ? "full"
          : result.left.message
    )
    process.stdout.write(yield* Schema.encode(Report)(words))
  }).pipe(Effect.runPromise)
