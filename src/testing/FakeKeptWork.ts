import { Context, Effect, Layer, Ref } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
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
  /** The branches of each remote at the beginning, by `remote/branch`: their commits. */
  readonly remotes?: Readonly<Record<string, string>>
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
  FakeControls<Service> & {
    /** The branches of each remote, by `remote/branch`: their commits. */
    readonly remotes: Effect.Effect<ReadonlyMap<string, string>>
  }
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

const otherCommits = (remote: string, branch: string) =>
  new WorkspaceFailed({ detail: `${remote} has other commits on ${branch}`, blame: "host" })

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
      const remotes = yield* Ref.make<ReadonlyMap<string, string>>(new Map(Object.entries(script.remotes ?? {})))
      const fetched = yield* Ref.make<ReadonlyMap<string, string>>(new Map())
      const factsOf = (branch: string): KeptFacts => {
        const changed = script.branches?.[branch]
        return changed === undefined ? DELETED : { ...WAITING, ...changed }
      }
      const facts = (kept: KeptBranch) =>
        Effect.map(Ref.get(fetched), (all) => {
          const tip = all.get(kept.branch)
          return tip === undefined ? factsOf(kept.branch) : { ...WAITING, tip, worktree: "gone" as const }
        }).pipe(call("facts", kept.branch, [kept]))
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
      const publish: Service["publish"] = (kept, remote, ours) =>
        Effect.gen(function* () {
          const { tip } = yield* Effect.sync(() => factsOf(kept.branch))
          const at = (yield* Ref.get(remotes)).get(`${remote}/${kept.branch}`)
          if (tip === undefined) return undefined
          if (at !== undefined && at !== ours && at !== tip) return yield* otherCommits(remote, kept.branch)
          yield* Ref.update(remotes, (all) => new Map(all).set(`${remote}/${kept.branch}`, tip))
          return tip
        }).pipe(call("publish", kept.branch, [kept, remote, ours]))
      const fetch: Service["fetch"] = (clone, pushed) =>
        Effect.gen(function* () {
          const { branch, commit, remote } = pushed
          if ((yield* Ref.get(remotes)).get(`${remote}/${branch}`) !== commit)
            return yield* otherCommits(remote, branch)
          yield* Ref.update(fetched, (all) => new Map(all).set(branch, commit))
        }).pipe(call("fetch", pushed.branch, [clone, pushed]))
      const unpublish: Service["unpublish"] = (clone, pushed) =>
        Ref.modify(remotes, (all) => {
          const name = `${pushed.remote}/${pushed.branch}`
          const at = all.get(name)
          if (at !== pushed.commit) return [at === undefined ? ("gone" as const) : ("changed" as const), all]
          return ["removed" as const, new Map([...all].filter(([each]) => each !== name))]
        }).pipe(call("unpublish", pushed.branch, [clone, pushed]))
      return Context.make(KeptWork, { facts, many, diff, pager, merge, push, publish, fetch, unpublish }).pipe(
        Context.add(FakeKeptWorkState, { ...controls, remotes: Ref.get(remotes) })
      )
    })
  )
