import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Discarded } from "../../src/domain/Workspace.ts"
import * as NoWorktrees from "../../src/workspace/NoWorktrees.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { workspaceContract } from "../contract/workspaceContract.ts"
import { id } from "./git/gitWorld.ts"
import { clonedRepository, commit, directory, exists, removeTemplate, surroundings } from "./repositories.ts"

const layer = Layer.provide(NoWorktrees.layer({ timeout: "20 seconds", allowFilters: [] }), surroundings)

workspaceContract(
  "NoWorktrees",
  Effect.map(directory, (base) => ({
    layer,
    repository: { name: "app", path: base },
    unusable: { name: "absent", path: path.join(base, "absent") },
    exists: (path: string) => Effect.sync(() => exists(path)),
    leaveFile: (at: string) => Effect.sync(() => fs.writeFileSync(path.join(at, "notes.txt"), "x"))
  })),
  { shared: true }
)

describe("NoWorktrees in a git repository", () => {
  afterAll(removeTemplate)

  const cases: ReadonlyArray<[what: string, job: (at: string) => void, found: Discarded]> = [
    ["a job that changes nothing leaves no work", () => {}, { _tag: "Left", why: "it is the repository itself" }],
    [
      "what was there before the job is not its work",
      () => {},
      { _tag: "Left", why: "it holds changes from before the attempt" }
    ],
    [
      "a changed file is its work",
      (at) => fs.writeFileSync(path.join(at, "new.txt"), "x"),
      { _tag: "Work", holds: "changes that are not committed", commits: 0 }
    ],
    ["a commit is its work", (at) => void commit(at, "other.txt"), { _tag: "Work", holds: "commits", commits: 1 }]
  ]
  for (const [what, job, found] of cases) {
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const { repository } = yield* clonedRepository
        if (what.includes("before the job")) fs.writeFileSync(path.join(repository.path, "draft.txt"), "x")
        const workspaces = yield* Workspaces
        const workspace = yield* Effect.scoped(workspaces.acquire(id, repository))
        job(repository.path)
        assert.deepStrictEqual(yield* workspaces.discard(id, repository, workspace), found)
      }).pipe(Effect.provide(layer))
    )
  }
})
