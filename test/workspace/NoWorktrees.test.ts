import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as NoWorktrees from "../../src/workspace/NoWorktrees.ts"
import { workspaceContract } from "../contract/workspaceContract.ts"
import { directory, exists, surroundings } from "./repositories.ts"

workspaceContract(
  "NoWorktrees",
  Effect.map(directory, (base) => ({
    layer: Layer.provide(NoWorktrees.layer, surroundings),
    repository: { name: "app", path: base },
    unusable: { name: "absent", path: path.join(base, "absent") },
    exists: (path: string) => Effect.sync(() => exists(path)),
    leaveFile: (at: string) => Effect.sync(() => fs.writeFileSync(path.join(at, "notes.txt"), "x"))
  })),
  { shared: true }
)
