import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { Exec } from "../../../src/exec/Exec.ts"
import { clonedRepository, commit, removeTemplate, worktrees } from "../repositories.ts"
import { acquire, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

describe("GitWorktrees, called from a hook", () => {
  it.scopedLive("a run that a hook of another repository starts works in its own repository", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const file = path.join(world.base, "hook-environment")
      const hook = path.join(world.other, ".git/hooks/pre-commit")
      fs.mkdirSync(path.dirname(hook), { recursive: true })
      fs.writeFileSync(hook, `#!/bin/sh\nenv >'${file}'\n`, { mode: 0o755 })
      commit(world.other, "new.txt")
      const environment = Object.fromEntries(
        fs
          .readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line.includes("="))
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
      )
      assert.containsAllKeys(environment, ["GIT_INDEX_FILE", "GIT_PREFIX"])
      environment["GIT_DIR"] = path.join(world.other, ".git")
      environment["GIT_WORK_TREE"] = world.other
      const layer = layerAt(world.root, { exec: NodeExec.layerWith({ environment }) })
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layer))
      assert.deepStrictEqual(worktrees(world.clone), [world.clone, workspace.path])
      assert.deepStrictEqual(worktrees(world.other), [world.other])
      const top = yield* Effect.flatMap(Exec, (exec) =>
        exec.run({
          tool: "worktree",
          command: "git",
          args: ["rev-parse", "--show-toplevel"],
          cwd: world.clone,
          timeout: "10 seconds"
        })
      ).pipe(Effect.provide(NodeExec.layerWith({ environment })))
      assert.strictEqual(top.stdout.trim(), world.clone)
    })
  )
})
