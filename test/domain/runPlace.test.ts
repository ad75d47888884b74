import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { completed, RunPlace } from "../../src/domain/RunPlace.ts"
import { settleNow } from "../../src/dispatch/settle/settleNow.ts"
import { FakeExec } from "../../src/testing/index.ts"
import { watch } from "../../src/watch/watch.ts"
import { inWorld, oneBug, options } from "../dispatch/support.ts"

const { host, repository } = options
const place = Effect.provideService(RunPlace, Effect.succeed({ host, repository }))

describe("what a run is not told", () => {
  it.effect("is a new id, and the host and the repository that the layers know", () =>
    Effect.gen(function* () {
      const [first, second] = yield* Effect.all([completed({}), completed({ host: "vm-9" })])
      assert.deepStrictEqual([first.host, first.repository], [host, repository])
      assert.deepStrictEqual([second.host, second.repository], ["vm-9", repository])
      assert.notStrictEqual(first.run, second.run)
    }).pipe(place)
  )

  it.effect("is not asked for where it is told; without layers that know it, the failure says what to give", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* completed(options), options)
      const failed = yield* Effect.flip(completed({ host }))
      assert.include(failed, { _tag: "WorkspaceFailed", kind: "no_repository", blame: "config" })
      assert.match(failed.message, /layer\(settings, surroundings\)/)
    })
  )

  it.effect("needs not be told to a watcher, which is a fiber of the caller's scope, nor to settleNow", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        const watcher = yield* Effect.forkScoped(watch())
        assert.strictEqual((yield* Fiber.join(watcher)).end, "nothing_left")
        assert.isTrue(Option.isSome(yield* settleNow()))
      }).pipe(Effect.scoped)
    ).pipe(place, Effect.provide(FakeExec.layer()))
  )
})
