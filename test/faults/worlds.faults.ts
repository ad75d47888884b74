import { afterAll, assert, describe, it } from "vitest"
import { canMakeNamespaces, playWorld, worldTable, type PlayedWorld } from "./judge/playWorld.ts"
import { nameOf } from "./judge/stage.ts"
import { worlds } from "./scenarios/worlds/worlds.ts"

const wanted = new RegExp(process.env["FAULTS"] ?? "")
const part = worlds.filter((world) => wanted.test(nameOf(world)))
// A merge needs them all: without `unshare` these cells fail there.
const skipped = process.env["CI_RUN"] !== "1" && !canMakeNamespaces()

describe.concurrent("the worlds of the fault matrix", () => {
  const played: Array<PlayedWorld> = []
  for (const world of part) {
    it.skipIf(skipped && world.namespaces === true)(nameOf(world), { timeout: 300_000 }, async () => {
      const { log, problems } = played[played.push(await playWorld(world)) - 1]!
      assert.isEmpty(problems, `${problems.join("\n")}\n${log}`)
    })
  }
  // A file without a test fails.
  it.skipIf(part.length > 0)("no world matches FAULTS", () => {})
  afterAll(() => console.log(`\n${worldTable(played)}\n`))
})
