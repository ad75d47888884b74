import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { makeWorktreeDirectories } from "../../../src/workspace/git/worktreeDirectory.ts"
import { makeWorktreeRoot } from "../../../src/workspace/git/worktreeRoot.ts"
import { whileVanishing } from "../../exec/whileVanishing.ts"

const repository = { name: "app", path: "/src/app" }

/** The root of the worktrees, which is not there yet. */
const world = Effect.gen(function* () {
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "vanishing root " })
  const root = yield* makeWorktreeRoot(`${directory}/made by others/root`, process.getuid?.())
  return { root, directories: yield* makeWorktreeDirectories(root) }
}).pipe(Effect.provide(NodeContext.layer))

type World = Effect.Effect.Success<typeof world>

it.scopedLive.each([
  ["whether it can be used", ({ root }) => root.check],
  ["where it is", ({ root }) => root.created],
  ["where a worktree is", ({ directories }) => directories.locate("bd-1", repository)],
  ["which worktrees there are", ({ directories }) => directories.existing(repository)]
] satisfies ReadonlyArray<readonly [string, (made: World) => Effect.Effect<unknown, WorkspaceFailed>]>)(
  "while the trials of others make and remove the root, it is told %s",
  ([, ask]) =>
    Effect.gen(function* () {
      const made = yield* world
      yield* whileVanishing(made.root.path, ask(made))
      assert.deepStrictEqual(yield* made.directories.existing(repository), [])
    })
)
