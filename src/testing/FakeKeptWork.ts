import { Context, Effect, Layer } from "effect"
import { KeptWork, type BranchFacts, type KeptBranch, type KeptFacts, type Merge } from "../workspace/KeptWork.ts"
import { keptWorkLimits } from "./fakeWorkspaceLimits.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = KeptWork["Type"]

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeKeptWorkScript {
  /** What differs from `WAITING`, by branch. A branch without an entry is deleted. */
  readonly branches?: Readonly<Record<string, Partial<KeptFacts>>>
  /** What a merge of the branch comes to. Default: it is merged into `main`. */
  readonly merges?: Readonly<Record<string, Merge>>
  /** The pager of the operator's git. Default: none. */
  readonly pager?: string
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The calls of `FakeKeptWork` so far.
 *
 * @example
 * const calls = Effect.flatMap(FakeKeptWorkState, (state) => state.calls)
 */
export class FakeKeptWorkState extends Context.Tag("nightly-dispatch/testing/FakeKeptWorkState")<
  FakeKeptWorkState,
  FakeControls<Service>
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`. The id is the branch, or the clone.
 *
 * @example
 * FakeKeptWork.after("merge").dies(new Error("killed after the merge"))
 */
export const { after, on } = faultsOf<Service>()

/** A branch with one commit that is not merged. */
export const WAITING: KeptFacts = {
  branch: "exists",
  merged: "no",
  tip: "1".repeat(40),
  base: "origin/main",
  commits: [{ hash: "1".repeat(40), subject: "Fix it", at: 0 }],
  files: 1,
  insertions: 2,
  deletions: 1,
  uncommitted: 0,
  worktree: "there",
  why: undefined
}

const DELETED: KeptFacts = {
  ...WAITING,
  branch: "deleted",
  merged: "unknown",
  tip: undefined,
  commits: undefined,
  files: undefined,
  insertions: undefined,
  deletions: undefined,
  uncommitted: undefined,
  worktree: "gone"
}

/**
 * Kept work as the script says.
 *
 * @example
 * FakeKeptWork.layer({ branches: { "nightly-dispatch/bd-1": { merged: "yes" } } })
 */
export const layer = (script: FakeKeptWorkScript = {}): Layer.Layer<KeptWork | FakeKeptWorkState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { call, controls } = yield* makeControls<Service>("KeptWork", script.faults, keptWorkLimits)
      const factsOf = (branch: string): KeptFacts => {
        const changed = script.branches?.[branch]
        return changed === undefined ? DELETED : { ...WAITING, ...changed }
      }
      const facts = (kept: KeptBranch) =>
        Effect.sync(() => factsOf(kept.branch)).pipe(call("facts", kept.branch, [kept]))
      const many = (clone: string, branches: ReadonlyArray<string>) =>
        Effect.sync(
          (): ReadonlyMap<string, BranchFacts> =>
            new Map(
              branches.map((name) => {
                const { branch, merged, tip } = factsOf(name)
                return [name, { branch, merged, tip }]
              })
            )
        ).pipe(call("many", clone, [clone, branches]))
      const diff: Service["diff"] = (kept) =>
        Effect.succeed({ committed: `diff of ${kept.branch}\n`, uncommitted: "", isCut: false }).pipe(
          call("diff", kept.branch, [kept])
        )
      const pager: Service["pager"] = (clone, own) =>
        Effect.succeed(script.pager).pipe(call("pager", clone, [clone, own]))
      const merge: Service["merge"] = (kept, message) =>
        Effect.sync((): Merge => script.merges?.[kept.branch] ?? { _tag: "Merged", into: "main" }).pipe(
          call("merge", kept.branch, [kept, message])
        )
      const push: Service["push"] = (clone, remote) => Effect.succeed("main").pipe(call("push", clone, [clone, remote]))
      return Context.make(KeptWork, { facts, many, diff, pager, merge, push }).pipe(
        Context.add(FakeKeptWorkState, controls)
      )
    })
  )
