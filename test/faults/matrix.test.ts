import { afterAll, assert, describe, it } from "vitest"
import { play, type Cell } from "./judge/play.ts"
import { playWorld } from "./judge/playWorld.ts"
import * as stage from "./judge/stage.ts"
import { table } from "./judge/table.ts"
import { nameOf } from "./scenarios/scenario.ts"
import { scenarios } from "./scenarios/scenarios.ts"
import { worlds } from "./scenarios/worlds/worlds.ts"

/** One of each kind, for every day. `npm run test:faults` and `.ci/run` play all. */
const NAMES = [
  "lock: second dispatcher",
  "settle: release: kill -9 after",
  "claim: SIGTERM while a tool ignores SIGTERM",
  "start: hangs",
  "journal: Starting: kill -9 after"
]

const WORLD = "two state directories, one TMPDIR: settle of one leaves a job of the other alone (local)"

const cells: Array<Cell> = []

describe.concurrent("the fault matrix, reduced", () => {
  for (const name of NAMES) {
    it(name, { timeout: 120_000 }, async () => {
      const scenario = scenarios.find((scenario) => nameOf(scenario) === name)
      if (scenario === undefined) return assert.fail("there is no such scenario")
      const cell = await play(scenario, { settleAgain: false })
      cells.push(cell)
      return assert.isEmpty(cell.problems, `${cell.problems.join("\n")}\n${cell.log}`)
    })
  }
  it(WORLD, { timeout: 120_000 }, async () => {
    const world = worlds.find((world) => stage.nameOf(world) === WORLD)
    if (world === undefined) return assert.fail("there is no such world")
    const { log, problems } = await playWorld(world)
    return assert.isEmpty(problems, `${problems.join("\n")}\n${log}`)
  })
  afterAll(() => console.log(`\n${table(cells)}\nof ${scenarios.length}; all with npm run test:faults\n`))
})
