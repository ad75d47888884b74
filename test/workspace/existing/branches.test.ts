import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { clonedRepository, git, removeTemplate, type World } from "../repositories.ts"
import { bug, committed, found } from "./existingWorld.ts"

afterAll(removeTemplate)

const inClone = (title: string, body: (world: World) => Effect.Effect<void>) =>
  it.scopedLive(title, () => Effect.flatMap(clonedRepository, body), 30_000)

/** Makes this branch at the base with a commit of this file, and goes back to `main`. */
const branchWith = ({ clone }: World, branch: string, file = "src/a", at?: number) => {
  git(clone, "checkout", "--quiet", "-b", branch, "origin/main")
  committed(clone, "work", file, at)
  git(clone, "checkout", "--quiet", "main")
}

describe("branches of dispatchers", () => {
  inClone("that wait are found, here and on a remote, if the journal knows no job of the bug", (world) =>
    Effect.gen(function* () {
      branchWith(world, "nightly-dispatch/bd-1")
      branchWith(world, "feature-bd-2")
      branchWith(world, "nightly-dispatch/bd-3")
      branchWith(world, "nightly-dispatch/bd-4")
      git(world.clone, "update-ref", "refs/remotes/origin/nightly-dispatch/bd-4", "nightly-dispatch/bd-4")
      git(world.clone, "branch", "--quiet", "-D", "nightly-dispatch/bd-4")
      branchWith(world, "nightly-dispatch/bd-55")
      const bugs = [bug("bd-1"), bug("bd-2"), bug("bd-3", { hadJob: true }), bug("bd-4"), bug("bd-5")]
      assert.deepStrictEqual(yield* found(world, bugs), {
        "bd-1": ["branch nightly-dispatch/bd-1"],
        "bd-2": ["branch feature-bd-2"],
        "bd-4": ["branch origin/nightly-dispatch/bd-4"]
      })
    })
  )

  inClone(
    "are no work without commits, at the base or at an old commit of it, or with the tracker's files only",
    (world) =>
      Effect.gen(function* () {
        const { clone } = world
        git(clone, "branch", "--quiet", "nightly-dispatch/bd-1", "origin/main")
        for (const message of ["one", "two"]) committed(clone, message)
        git(clone, "push", "--quiet", "origin", "main")
        git(clone, "branch", "--quiet", "nightly-dispatch/bd-2", "main~1")
        git(clone, "branch", "--quiet", "nightly-dispatch/bd-3", "main")
        branchWith(world, "nightly-dispatch/bd-4", ".beads/issues.jsonl")
        const bugs = ["bd-1", "bd-2", "bd-3", "bd-4"].map((id) => bug(id))
        assert.deepStrictEqual(yield* found(world, bugs), {})
      })
  )

  inClone("that were merged are found without a commit that names the bug, if they are newer than it", (world) =>
    Effect.gen(function* () {
      const { clone } = world
      for (const id of ["bd-1", "bd-2"]) {
        branchWith(world, `nightly-dispatch/${id}`, `src/${id}`, 1_800_000_000)
        git(clone, "merge", "--quiet", "--no-ff", "-m", "Take it", `nightly-dispatch/${id}`)
      }
      git(clone, "push", "--quiet", "origin", "main")
      const bugs = [bug("bd-1", { createdAt: 1_800_000_000_000 }), bug("bd-2", { createdAt: 1_800_000_001_000 })]
      assert.deepStrictEqual(yield* found(world, bugs), {
        "bd-1": ["branch nightly-dispatch/bd-1, which was merged into origin/main,"]
      })
    })
  )
})
