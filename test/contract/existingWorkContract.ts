import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import type { Repository } from "../../src/domain/Repository.ts"
import { ExistingWork } from "../../src/workspace/ExistingWork.ts"
import { beadsId } from "./support.ts"

/** A repository in which work exists for the bugs of `worked`. */
export interface ExistingWorkWorld {
  readonly layer: Layer.Layer<ExistingWork>
  readonly repository: Repository
  /** Empty for a layer that finds nothing. */
  readonly worked: ReadonlyArray<string>
}

/** The behaviour that every layer of `ExistingWork` must have. */
export const existingWorkContract = (
  name: string,
  makeWorld: Effect.Effect<ExistingWorkWorld, never, Scope.Scope>,
  timeout?: number
): void => {
  const find = ({ layer, repository }: ExistingWorkWorld, ids: ReadonlyArray<string>, from = repository) =>
    Effect.flatMap(ExistingWork, (existing) =>
      existing.find(
        ids.map((id) => ({ id: beadsId(id), createdAt: 0, hadJob: false })),
        from
      )
    ).pipe(Effect.provide(layer))

  describe(`${name} keeps the contract of existing work`, () => {
    it.scopedLive(
      "finds the work of the bugs it is asked for, each in one line, and of no others",
      () =>
        Effect.gen(function* () {
          const world = yield* makeWorld
          const found = yield* find(world, [...world.worked, "bd-none"])
          assert.deepStrictEqual([...found.keys()].sort(), [...world.worked].sort())
          for (const work of found.values()) {
            assert.isNotEmpty(work)
            for (const { at, place } of work) {
              assert.match(place, /^\S.*$/)
              assert.isAtLeast(at, 0)
            }
          }
          assert.strictEqual((yield* find(world, ["bd-none"])).size, 0)
          assert.strictEqual((yield* find(world, [])).size, 0)
        }),
      timeout
    )

    it.scopedLive(
      "does not fail for a repository that is not there",
      () =>
        Effect.gen(function* () {
          const world = yield* makeWorld
          yield* find(world, ["bd-none"], { name: "absent", path: "/nonexistent/clone" })
        }),
      timeout
    )
  })
}
