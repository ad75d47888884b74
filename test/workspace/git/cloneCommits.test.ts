import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import type { CloneCommits } from "../../../src/domain/Workspace.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { clonedRepository, commit, git, pushedByOthers, removeTemplate, type World } from "../repositories.ts"
import { id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

const short = (cwd: string, rev: string) => git(cwd, "rev-parse", "--short", rev)

describe("commits in the clone itself while a job ran", () => {
  const finds = (
    what: string,
    expected: (world: World) => CloneCommits | undefined,
    job: (clone: string, at: string, world: World) => void,
    before: (world: World) => void = () => {},
    jobEndedAt?: number
  ) =>
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        before(world)
        const found = yield* Effect.gen(function* () {
          const workspaces = yield* Workspaces
          const workspace = yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
          job(world.clone, workspace.path, world)
          return yield* workspaces.discard(id, world.repository, workspace, jobEndedAt)
        }).pipe(Effect.provide(layerAt(world.root)))
        assert.deepStrictEqual(found.elsewhere, expected(world))
      })
    )
  const none = () => undefined
  /** A commit of long ago, on a branch of the clone. */
  const longAgo = ({ clone }: World) => {
    const tree = git(clone, "rev-parse", "HEAD^{tree}")
    const made = git(
      clone,
      "-c",
      "alias.old=!GIT_COMMITTER_DATE='1700000000 +0000' git commit-tree",
      "old",
      "-p",
      "HEAD",
      "-m",
      "long ago",
      tree
    )
    git(clone, "branch", "wip", made)
  }

  finds("nothing", none, () => {})
  finds(
    "two on the branch that is checked out there: the oldest is named",
    ({ clone }) => ({ count: 2, branches: "main", first: `${short(clone, "main~1")} change one.txt` }),
    (clone) => {
      commit(clone, "one.txt")
      commit(clone, "two.txt")
    }
  )
  finds(
    "one on another branch, with a subject that could forge a log line",
    ({ clone }) => ({ count: 1, branches: "fix", first: `${short(clone, "fix")} fake log [31mline` }),
    (clone) => {
      git(clone, "checkout", "--quiet", "-b", "fix")
      git(clone, "commit", "--quiet", "--allow-empty", "-m", "fake\u0007 log\u2028 \u001b[31mline")
    }
  )
  finds(
    "one on a branch that the agent made in its worktree, and left",
    ({ clone }) => ({ count: 1, branches: "fix", first: `${short(clone, "fix")} change one.txt` }),
    (_, at) => {
      git(at, "checkout", "--quiet", "-b", "fix")
      commit(at, "one.txt")
      git(at, "checkout", "--quiet", "-")
    }
  )
  finds(
    "one on a detached HEAD",
    ({ clone }) => ({ count: 1, branches: "HEAD", first: `${short(clone, "HEAD")} change one.txt` }),
    (clone) => {
      git(clone, "checkout", "--quiet", "--detach")
      commit(clone, "one.txt")
    }
  )
  finds("one of a person after the job had ended", none, (clone) => void commit(clone, "one.txt"), undefined, 0)
  finds("the work in the worktree itself is not elsewhere", none, (_, at) => void commit(at, "one.txt"))
  finds("what a person has pulled is not", none, (clone, _, world) => {
    pushedByOthers(world)
    git(clone, "pull", "--quiet")
  })
  finds("a merge is not", none, (clone, _, world) => {
    const other = pushedByOthers(world)
    git(clone, "fetch", "--quiet")
    git(clone, "merge", "--quiet", "--no-ff", other)
  })
  finds("other bugs' branches, and branches of other worktrees, are not", none, (clone, _, { base }) => {
    for (const branch of ["nightly-dispatch/bd-other", "mine"]) {
      git(clone, "worktree", "add", "--quiet", "-b", branch, path.join(base, branch))
      commit(path.join(base, branch), "one.txt")
    }
    git(clone, "worktree", "remove", path.join(base, "nightly-dispatch/bd-other"))
  })
  finds("commits of long ago are not", none, () => {}, longAgo)
})
