import { assert, describe, it, type TestContext } from "@effect/vitest"
import { Clock, Deferred, Effect, Either, Fiber, type Layer, type Scope } from "effect"
import { WorkspaceFailed } from "../../src/domain/Failure.ts"
import { Workspace, type Discarded } from "../../src/domain/Workspace.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import type { Repository } from "../../src/domain/Repository.ts"
import { baseContract } from "./baseContract.ts"
import { absent, beadsId } from "./support.ts"

/** A repository without workspaces, the layer under test, and functions that look at the disk without the layer. */
export interface WorkspaceWorld {
  readonly layer: Layer.Layer<Workspaces>
  readonly repository: Repository
  /** Whether a directory exists at this path. */
  readonly exists: (path: string) => Effect.Effect<boolean>
  /** Acts as an agent that leaves a file which git does not track. */
  readonly leaveFile: (path: string) => Effect.Effect<void>
  /** Acts as an agent that commits and leaves the tree clean. Absent: not checked. */
  readonly commit?: (path: string) => Effect.Effect<void>
  /** A repository for which `check` must fail. Absent: not checked. */
  readonly unusable?: Repository
}

export interface WorkspaceContractOptions {
  /** Every workspace is the repository itself and is never removed. Default false. */
  readonly shared?: boolean
  /** Milliseconds for one test. Default: as for every test. */
  readonly timeout?: number
}

/** The behaviour that every layer of `Workspaces` must have. */
export const workspaceContract = (
  name: string,
  makeWorld: Effect.Effect<WorkspaceWorld, never, Scope.Scope>,
  options: WorkspaceContractOptions = {}
): void => {
  const id = beadsId("bd-a1b2")

  const check = <A, E>(
    what: string,
    body: (
      workspaces: Workspaces["Type"],
      world: WorkspaceWorld,
      context: TestContext
    ) => Effect.Effect<A, E, Scope.Scope>
  ): void =>
    it.scopedLive(
      what,
      (context) =>
        Effect.flatMap(makeWorld, (world) =>
          Effect.flatMap(Workspaces, (workspaces) => body(workspaces, world, context)).pipe(Effect.provide(world.layer))
        ),
      options.timeout
    )

  /** A workspace of an earlier run, handed over to a job that did this `work`. */
  const left = (
    workspaces: Workspaces["Type"],
    world: WorkspaceWorld,
    work: (path: string) => Effect.Effect<void> = () => Effect.void
  ) =>
    workspaces.acquire(id, world.repository).pipe(
      Effect.tap((workspace) => workspaces.keep(workspace)),
      Effect.tap((workspace) => work(workspace.path)),
      Effect.scoped
    )

  describe(`${name} keeps the workspaces' contract`, () => {
    check("version names the tool, and check accepts the repository", (workspaces, world) =>
      Effect.gen(function* () {
        assert.match(yield* workspaces.version, /\S/)
        yield* workspaces.check(world.repository)
      })
    )

    check("check and acquire fail for a repository that cannot be used", (workspaces, world, context) =>
      Effect.gen(function* () {
        const unusable = world.unusable
        if (unusable === undefined) return yield* absent(context)
        const early = yield* Effect.either(workspaces.check(unusable))
        assert(Either.isLeft(early) && early.left instanceof WorkspaceFailed, "check must fail")
        const late = yield* Effect.either(workspaces.acquire(id, unusable))
        assert(Either.isLeft(late) && late.left instanceof WorkspaceFailed, "acquire must fail")
      })
    )

    check("acquire returns an existing directory", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* workspaces.acquire(id, world.repository)
        assert.isTrue(workspace.path.startsWith("/"), "the path is absolute")
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("acquire makes a workspace at the path and on the branch of `place`", (workspaces, world) =>
      Effect.gen(function* () {
        const { branch, path } = workspaces.place(id, world.repository)
        const workspace = yield* workspaces.acquire(id, world.repository)
        assert.deepStrictEqual([workspace.path, workspace.branch], [path, branch])
      })
    )

    check("a kept workspace outlives its scope", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* Effect.scoped(
          Effect.tap(workspaces.acquire(id, world.repository), (workspace) => workspaces.keep(workspace))
        )
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("a workspace with an untracked file outlives its scope", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* Effect.scoped(
          Effect.tap(workspaces.acquire(id, world.repository), (workspace) => world.leaveFile(workspace.path))
        )
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("a workspace with a commit outlives its scope", (workspaces, world, context) =>
      Effect.gen(function* () {
        const commit = world.commit
        if (commit === undefined) return yield* absent(context)
        const workspace = yield* Effect.scoped(
          Effect.tap(workspaces.acquire(id, world.repository), (workspace) => commit(workspace.path))
        )
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("acquire reuses a kept workspace, and its scope does not remove it", (workspaces, world) =>
      Effect.gen(function* () {
        const first = yield* Effect.scoped(
          Effect.tap(workspaces.acquire(id, world.repository), (workspace) => workspaces.keep(workspace))
        )
        const again = yield* Effect.scoped(workspaces.acquire(id, world.repository))
        assert.strictEqual(again.path, first.path)
        assert.strictEqual(again.branch, first.branch)
        assert.isTrue(again.reused)
        assert.isTrue(yield* world.exists(first.path))
      })
    )

    check("a second acquire for the same bug does not remove the workspace of the first", (workspaces, world) =>
      Effect.gen(function* () {
        const first = yield* workspaces.acquire(id, world.repository)
        const second = yield* Effect.scoped(Effect.either(workspaces.acquire(id, world.repository)))
        if (Either.isRight(second)) assert.isTrue(second.right.reused)
        else assert(second.left instanceof WorkspaceFailed)
        assert.isTrue(yield* world.exists(first.path))
      })
    )

    check("discard fails for a path that is not the bug's, and changes nothing", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world)
        const other = Workspace.make({ ...workspace, path: `${workspace.path}-other` })
        const refused = yield* Effect.flip(workspaces.discard(id, world.repository, other))
        assert(refused instanceof WorkspaceFailed)
        assert.strictEqual(refused.blame, "issue")
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("discard never removes a reused workspace", (workspaces, world) =>
      Effect.gen(function* () {
        yield* left(workspaces, world)
        const again = yield* left(workspaces, world)
        assert.isTrue(again.reused)
        const discarded = yield* workspaces.discard(id, world.repository, again)
        const expected: Discarded =
          options.shared === true
            ? { _tag: "Work", holds: "files that cannot be compared with what they were", commits: 0 }
            : { _tag: "Left", why: "it was there before the attempt" }
        assert.deepStrictEqual(discarded, expected)
        assert.isTrue(yield* world.exists(again.path))
      })
    )

    check("existing lists the bugs that have a workspace", (workspaces, world) =>
      Effect.gen(function* () {
        assert.isEmpty(yield* workspaces.existing(world.repository))
        const workspace = yield* left(workspaces, world)
        assert.deepStrictEqual(yield* workspaces.existing(world.repository), options.shared === true ? [] : [id])
        yield* workspaces.discard(id, world.repository, workspace)
        assert.isEmpty(yield* workspaces.existing(world.repository))
      })
    )

    for (const [what, work] of [
      ["nothing", () => Effect.void],
      ["a file", (world: WorkspaceWorld, path: string) => world.leaveFile(path)]
    ] as const) {
      check(
        `inspect of a workspace that holds ${what} answers as discard does, and changes nothing`,
        (workspaces, world) =>
          Effect.gen(function* () {
            const workspace = yield* left(workspaces, world, (path) => work(world, path))
            const inspected = yield* workspaces.inspect(id, world.repository, workspace)
            assert.isTrue(yield* world.exists(workspace.path))
            assert.deepStrictEqual(yield* workspaces.inspect(id, world.repository, workspace), inspected)
            assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), inspected)
          })
      )
    }

    if (options.shared === true) {
      check(
        "acquireBase fails, because the repository itself is no worktree; dropBase has nothing to do",
        (workspaces, world) =>
          Effect.gen(function* () {
            const workspace = yield* left(workspaces, world)
            const refused = yield* Effect.flip(workspaces.acquireBase(id, world.repository, workspace))
            assert.include(refused.detail, "makes no worktrees")
            yield* workspaces.dropBase(id, world.repository)
            assert.isTrue(yield* world.exists(world.repository.path))
          })
      )

      check("acquire returns the repository itself for every bug, and never removes it", (workspaces, world) =>
        Effect.gen(function* () {
          const paths = yield* Effect.forEach([id, beadsId("bd-other")], (each) =>
            Effect.scoped(Effect.map(workspaces.acquire(each, world.repository), (workspace) => workspace.path))
          )
          assert.deepStrictEqual(paths, [world.repository.path, world.repository.path])
          assert.isTrue(yield* world.exists(world.repository.path))
        })
      )
      return
    }

    check("acquire returns a directory and a branch of the bug's own", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* workspaces.acquire(id, world.repository)
        assert.notStrictEqual(workspace.path, world.repository.path)
        assert.include(workspace.path.split("/"), String(id))
        assert.isFalse(workspace.reused)
        assert.match(workspace.branch ?? "", /bd-a1b2/)
      })
    )

    check("a workspace without work is removed with its scope after a success", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* Effect.scoped(workspaces.acquire(id, world.repository))
        assert.isFalse(yield* world.exists(workspace.path))
        assert.isTrue(yield* world.exists(world.repository.path))
      })
    )

    check("… after a failure", (workspaces, world) =>
      Effect.gen(function* () {
        const result = yield* Effect.scoped(
          Effect.flatMap(workspaces.acquire(id, world.repository), (workspace) => Effect.fail(workspace))
        ).pipe(Effect.either)
        assert(Either.isLeft(result) && !(result.left instanceof WorkspaceFailed))
        assert.isFalse(yield* world.exists(result.left.path))
      })
    )

    check("… after an interruption", (workspaces, world) =>
      Effect.gen(function* () {
        const acquired = yield* Deferred.make<string, WorkspaceFailed>()
        const fiber = yield* workspaces.acquire(id, world.repository).pipe(
          Effect.tapBoth({
            onSuccess: (workspace) => Deferred.succeed(acquired, workspace.path),
            onFailure: (failure) => Deferred.fail(acquired, failure)
          }),
          Effect.zipRight(Effect.never),
          Effect.scoped,
          Effect.fork
        )
        const path = yield* Deferred.await(acquired)
        assert.isTrue(yield* world.exists(path))
        yield* Fiber.interrupt(fiber)
        assert.isFalse(yield* world.exists(path))
      })
    )

    check("acquire makes a new workspace after the first was removed", (workspaces, world) =>
      Effect.gen(function* () {
        yield* Effect.scoped(workspaces.acquire(id, world.repository))
        const again = yield* workspaces.acquire(id, world.repository)
        assert.isTrue(yield* world.exists(again.path))
        assert.isFalse(again.reused)
      })
    )

    check(
      "discard removes a workspace of an earlier run without work; discarding it again says Gone",
      (workspaces, world) =>
        Effect.gen(function* () {
          const workspace = yield* left(workspaces, world)
          assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), { _tag: "Removed" })
          assert.isFalse(yield* world.exists(workspace.path))
          assert.isTrue(yield* world.exists(world.repository.path))
          assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), { _tag: "Gone" })
          const again = yield* Effect.scoped(workspaces.acquire(id, world.repository))
          assert.isFalse(again.reused)
          assert.isFalse(yield* world.exists(again.path), "`keep` applied to the first workspace only")
        })
    )

    check("discard keeps a workspace with an untracked file", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world, world.leaveFile)
        const discarded = yield* workspaces.discard(id, world.repository, workspace)
        assert.deepStrictEqual(discarded, { _tag: "Work", holds: "changes that are not committed", commits: 0 })
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("acquire records what the workspace is like, and when", (workspaces, world) =>
      Effect.gen(function* () {
        const before = yield* Clock.currentTimeMillis
        const first = yield* left(workspaces, world, world.leaveFile)
        const second = yield* left(workspaces, world)
        assert.isAtLeast(first.snapshot?.at ?? 0, before)
        assert.isUndefined(first.snapshot?.changes, "a new workspace has none")
        assert.match(second.snapshot?.changes ?? "", /\S/)
        assert.strictEqual(second.snapshot?.branch, first.branch)
      })
    )

    check("a reused workspace that the attempt did not change holds no work of it, dirty or not", (workspaces, world) =>
      Effect.gen(function* () {
        yield* left(workspaces, world, world.leaveFile)
        const again = yield* left(workspaces, world)
        const discarded = yield* workspaces.discard(id, world.repository, again)
        assert.deepStrictEqual(discarded, { _tag: "Left", why: "it holds changes from before the attempt" })
        assert.isTrue(yield* world.exists(again.path))
      })
    )

    check("a reused workspace that the attempt changed holds work of it", (workspaces, world) =>
      Effect.gen(function* () {
        yield* left(workspaces, world)
        const again = yield* left(workspaces, world, world.leaveFile)
        assert.isTrue(again.reused)
        assert.strictEqual((yield* workspaces.discard(id, world.repository, again))._tag, "Work")
      })
    )

    check("discard keeps a workspace with a commit", (workspaces, world, context) =>
      Effect.gen(function* () {
        const commit = world.commit
        if (commit === undefined) return yield* absent(context)
        const workspace = yield* left(workspaces, world, commit)
        assert.strictEqual((yield* workspaces.discard(id, world.repository, workspace))._tag, "Work")
        assert.isTrue(yield* world.exists(workspace.path))
      })
    )

    check("discard fails for a workspace whose scope is open, kept or not", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* workspaces.acquire(id, world.repository)
        const refuses = Effect.gen(function* () {
          const refused = yield* Effect.flip(workspaces.discard(id, world.repository, workspace))
          assert.strictEqual(refused.blame, "issue")
          assert.isTrue(yield* world.exists(workspace.path))
        })
        yield* refuses
        yield* workspaces.keep(workspace)
        yield* refuses
        // Another scope on the same workspace opens and closes.
        yield* Effect.scoped(Effect.either(workspaces.acquire(id, world.repository)))
        yield* refuses
      })
    )

    check("discard fails for the workspace of another bug, and for another branch", (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world)
        for (const [beads, recorded] of [
          [beadsId("bd-other"), workspace],
          [id, Workspace.make({ ...workspace, branch: "main" })]
        ] as const) {
          const refused = yield* Effect.flip(workspaces.discard(beads, world.repository, recorded))
          assert.strictEqual(refused.blame, "issue")
          assert.isTrue(yield* world.exists(workspace.path))
        }
      })
    )

    baseContract(check, left)

    check("several bugs at the same time get a workspace each", (workspaces, world) =>
      Effect.gen(function* () {
        const all = yield* Effect.forEach(
          ["bd-a1", "bd-a2", "bd-a3"],
          (each) => workspaces.acquire(beadsId(each), world.repository),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(all.map((workspace) => workspace.path)).size, 3)
        assert.strictEqual(new Set(all.map((workspace) => workspace.branch)).size, 3)
        for (const workspace of all) assert.isTrue(yield* world.exists(workspace.path))
      })
    )
  })
}
