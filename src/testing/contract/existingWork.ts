import { Effect, type Layer, type Scope } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import { ExistingWork } from "../../workspace/ExistingWork.ts"
import { assert } from "./assert.ts"
import { collect } from "./collect.ts"
import type { Contract } from "./suite.ts"
import { beadsId } from "./support.ts"

/** A repository in which work exists for the bugs of `worked`. */
export interface ExistingWorkWorld {
  readonly layer: Layer.Layer<ExistingWork>
  readonly repository: Repository
  /** Empty for a layer that finds nothing. */
  readonly worked: ReadonlyArray<string>
}

const find = (existing: ExistingWork["Type"], ids: ReadonlyArray<string>, from: Repository) =>
  existing.find(
    ids.map((id) => ({ id: beadsId(id), createdAt: 0, hadJob: false })),
    from
  )

/**
 * What every layer of `ExistingWork` must do.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.existingWork(makeWorld))
 */
export const existingWork = (makeWorld: Effect.Effect<ExistingWorkWorld, never, Scope.Scope>): Contract =>
  collect(ExistingWork, makeWorld, (checkIn) => {
    const check = checkIn("")

    check(
      "finds the work of the bugs it is asked for, each in one line, and of no others",
      (existing, { repository, worked }) =>
        Effect.gen(function* () {
          const found = yield* find(existing, [...worked, "bd-none"], repository)
          assert.sameMembers([...found.keys()], worked)
          for (const work of found.values()) {
            assert.isNotEmpty(work)
            for (const { at, place } of work) {
              assert.match(place, /^\S.*$/)
              assert.isAtLeast(at, 0)
            }
          }
          assert.strictEqual((yield* find(existing, ["bd-none"], repository)).size, 0)
          assert.strictEqual((yield* find(existing, [], repository)).size, 0)
        })
    )

    check("does not fail for a repository that is not there", (existing) =>
      find(existing, ["bd-none"], { name: "absent", path: "/nonexistent/clone" })
    )
  })
