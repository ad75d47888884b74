import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { makeDirectories } from "../../src/exec/makeDirectories.ts"
import { trialDirectory } from "../../src/exec/trialDirectory.ts"

const TIMES = 1_000

const place = Effect.gen(function* () {
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "vanishing test " })
  return path.join(directory, "root")
})

/** Runs this again and again, while the directory is made and removed all the time, as another dispatcher does. */
const whileVanishing = <A, E, R>(directory: string, act: Effect.Effect<A, E, R>) => {
  const vanish = Effect.promise(async () => {
    await fs.mkdir(directory, { recursive: true })
    await setTimeout(1)
    await fs.rmdir(directory).catch(() => undefined)
    await setTimeout(1)
  })
  return Effect.raceFirst(Effect.repeatN(act, TIMES), Effect.forever(vanish))
}

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
