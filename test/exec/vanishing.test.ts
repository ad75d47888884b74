import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { makeDirectories } from "../../src/exec/makeDirectories.ts"
import { trialDirectory } from "../../src/exec/trialDirectory.ts"
import { whileVanishing } from "./whileVanishing.ts"

const place = Effect.gen(function* () {
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "vanishing test " })
  return path.join(directory, "root")
})

it.scopedLive("a directory that comes and goes can be written to", () =>
  Effect.gen(function* () {
    const root = yield* place
    yield* whileVanishing(root, trialDirectory(root))
    const left = yield* Effect.promise(() => fs.readdir(path.dirname(root), { recursive: true }))
    assert.deepStrictEqual(
      left.filter((name) => name !== "root"),
      []
    )
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scopedLive("a directory is made below one that comes and goes", () =>
  Effect.gen(function* () {
    const root = yield* place
    const removed = Effect.promise(() => fs.rm(path.join(root, "bd-1"), { recursive: true, force: true }))
    yield* whileVanishing(root, Effect.zipRight(makeDirectories(path.join(root, "bd-1/repo")), removed))
  }).pipe(Effect.provide(NodeContext.layer))
)
