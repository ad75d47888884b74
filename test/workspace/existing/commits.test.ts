import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { clonedRepository, git, logged, removeTemplate, type World } from "../repositories.ts"
import { bug, committed, found } from "./existingWorld.ts"

afterAll(removeTemplate)

const inClone = (title: string, body: (world: World) => Effect.Effect<void>) =>
  it.scopedLive(title, () => Effect.flatMap(clonedRepository, body), 30_000)

/** The clone without its remote: the base is its own branch. */
const alone = (world: World): World => {
  git(world.clone, "remote", "remove", "origin")
  return world
}

describe("commits on the base that name a bug", () => {
  inClone("are found by the whole id, in the case as written, with their place", (world) =>
    Effect.gen(function* () {
      const { clone } = alone(world)
      const first = committed(clone, "Fix parser (bd-1)")
      committed(clone, "Speak of abd-1, bd-12, x-bd-1, bd-1.2, BD-7, bd-1x, bd-1_a")
      const last = committed(clone, "Subject\n\nCloses bd-a.b+c? no: bd-a.b. And bd-9...")
      const ids = ["bd-1", "bd-7", "bd-a.b", "bd-aXb", "bd-9", "bd-2"].map((id) => bug(id))
      assert.deepStrictEqual(yield* found(world, ids), {
        "bd-1": [`commit ${first} "Fix parser (bd-1)" on main`],
        "bd-a.b": [`commit ${last} "Subject" on main`],
        "bd-9": [`commit ${last} "Subject" on main`]
      })
    })
  )

  inClone("count from the second in which the bug was made", (world) =>
    Effect.gen(function* () {
      const { clone } = alone(world)
      const sha = committed(clone, "Fix bd-1 and bd-2 and bd-3", "a", 1_800_000_000)
      const place = [`commit ${sha} "Fix bd-1 and bd-2 and bd-3" on main`]
      const bugs = [
        bug("bd-1", { createdAt: 1_800_000_000_999 }),
        bug("bd-2", { createdAt: 1_800_000_001_000 }),
        bug("bd-3", { createdAt: 0 })
      ]
      assert.deepStrictEqual(yield* found(world, bugs), { "bd-1": place, "bd-3": place })
    })
  )

  inClone("do not count if they change only the tracker's files, or were reverted", (world) =>
    Effect.gen(function* () {
      const { clone } = alone(world)
      const work = committed(clone, "Fix bd-1")
      committed(clone, "bd sync: close bd-1, bd-2", ".beads/issues.jsonl")
      committed(clone, "bd sync: bd-2", "tools/.beads/issues.jsonl")
      committed(clone, "Fix bd-3", "src/three.js")
      git(clone, "revert", "--no-edit", "HEAD")
      committed(clone, "Fix bd-4", "src/four.js")
      git(clone, "revert", "--no-edit", "HEAD")
      git(clone, "revert", "--no-edit", "HEAD")
      const all = yield* found(
        world,
        ["bd-1", "bd-2", "bd-3", "bd-4"].map((id) => bug(id))
      )
      assert.deepStrictEqual(all["bd-1"], [`commit ${work} "Fix bd-1" on main`])
      assert.hasAllKeys(all, ["bd-1", "bd-4"], "the revert of bd-4 was itself reverted")
    })
  )

  inClone("a merge of our branch counts by its message, unless it brought only the tracker's files", (world) =>
    Effect.gen(function* () {
      const { clone } = alone(world)
      for (const [id, file] of [
        ["bd-1", "src/a"],
        ["bd-2", ".beads/issues.jsonl"]
      ] as const) {
        git(clone, "checkout", "--quiet", "-b", `feature-${id}`)
        committed(clone, "something", file)
        git(clone, "checkout", "--quiet", "main")
        committed(clone, "meanwhile", `src/of-${id}`)
        git(clone, "merge", "--quiet", "--no-ff", "--no-edit", `feature-${id}`)
        git(clone, "branch", "--quiet", "-D", `feature-${id}`)
      }
      const all = yield* found(world, [bug("bd-1"), bug("bd-2")])
      assert.deepStrictEqual(Object.keys(all), ["bd-1"])
      assert.match(String(all["bd-1"]), /^commit \S+ "Merge branch 'feature-bd-1'" on main$/)
    })
  )

  inClone("the base is fetched first, unless the run is dry", (world) =>
    Effect.gen(function* () {
      const sha = committed(world.other, "Fix bd-1")
      git(world.other, "push", "--quiet", "origin", "main")
      assert.deepStrictEqual(yield* found(world, [bug("bd-1")]), {}, "a dry run changes nothing in the clone")
      const expected = { "bd-1": [`commit ${sha} "Fix bd-1" on origin/main`] }
      assert.deepStrictEqual(yield* found(world, [bug("bd-1")], { fetches: true }), expected)
      assert.deepStrictEqual(yield* found(world, [bug("bd-1")], { base: "main" }), expected)
    })
  )

  inClone("many bugs are looked for with few patterns", (world) =>
    Effect.gen(function* () {
      const { clone } = alone(world)
      const sha = committed(clone, "Fix my-app-77")
      const bugs = Array.from({ length: 200 }, (_, index) => bug(`my-app-${index}`))
      assert.deepStrictEqual(yield* found(world, bugs), { "my-app-77": [`commit ${sha} "Fix my-app-77" on main`] })
    })
  )

  inClone("a clone that git cannot read is named in a warning, and finds nothing", (world) =>
    Effect.gen(function* () {
      const nowhere = { repository: { name: "app", path: `${world.base}/nowhere` } }
      const [all, lines] = yield* logged(found(nowhere, [bug("bd-1")]))
      assert.deepStrictEqual(all, {})
      assert.match(lines.join("\n"), /^WARN cannot look for commits and branches of open bugs: /)
    })
  )
})
