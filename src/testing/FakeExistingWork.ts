import { Context, Effect, Layer } from "effect"
import type { FoundWork } from "../domain/FoundWork.ts"
import { ExistingWork, type WorkByBug } from "../workspace/ExistingWork.ts"
import { existingWorkLimits } from "./fakeWorkspaceLimits.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = ExistingWork["Type"]

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeExistingWorkScript {
  /** The work that exists, by bug. Default: none. */
  readonly work?: Readonly<Record<string, ReadonlyArray<FoundWork>>>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The calls of `FakeExistingWork` so far.
 *
 * @example
 * const calls = Effect.flatMap(FakeExistingWorkState, (state) => state.calls)
 */
export class FakeExistingWorkState extends Context.Tag("nightly-dispatch/testing/FakeExistingWorkState")<
  FakeExistingWorkState,
  FakeControls<Service>
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeExistingWork.on("find", "shop").delays("5 seconds")
 */
export const { after, on } = faultsOf<Service>()

/**
 * Finds the work that the script names.
 *
 * @example
 * FakeExistingWork.layer({ work: { "bd-1": [{ kind: "commit", place: 'commit 1a2b3c4 "Fix" on main', at: 0 }] } })
 */
export const layer = (script: FakeExistingWorkScript = {}): Layer.Layer<ExistingWork | FakeExistingWorkState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { call, controls } = yield* makeControls<Service>("ExistingWork", script.faults, existingWorkLimits)
      const find: Service["find"] = (bugs, repository) =>
        Effect.sync(
          (): WorkByBug =>
            new Map(
              bugs.flatMap(({ id }) => {
                const work = script.work?.[id] ?? []
                return work.length === 0 ? [] : [[id, work] as const]
              })
            )
        ).pipe(call("find", repository.name, [bugs, repository]))
      return Context.make(ExistingWork, { find }).pipe(Context.add(FakeExistingWorkState, controls))
    })
  )
