import { Effect, Layer } from "effect"
import { afterAll } from "vitest"
import { ExistingWork } from "../../../src/workspace/ExistingWork.ts"
import { FakeExistingWork } from "../../../src/testing/index.ts"
import { existingWorkContract } from "../../contract/existingWorkContract.ts"
import { clonedRepository, git, removeTemplate } from "../repositories.ts"
import { committed, layerIn } from "./existingWorld.ts"

afterAll(removeTemplate)

existingWorkContract(
  "GitExistingWork",
  Effect.map(clonedRepository, ({ clone, repository }) => {
    committed(clone, "Fix bd-1 and bd-2")
    git(clone, "push", "--quiet", "origin", "main")
    return { layer: layerIn(), repository, worked: ["bd-1", "bd-2"] }
  }),
  30_000
)

const repository = { name: "app", path: "/src/app" }

existingWorkContract(
  "FakeExistingWork",
  Effect.succeed({
    layer: FakeExistingWork.layer({ work: { "bd-1": [{ kind: "commit", place: "commit 1a2b3c4", at: 0 }] } }),
    repository,
    worked: ["bd-1"]
  })
)

existingWorkContract(
  "the default",
  Effect.map(ExistingWork, (existing) => ({ layer: Layer.succeed(ExistingWork, existing), repository, worked: [] }))
)
