import { afterAll, assert, describe, it } from "vitest"
import { play, type Cell } from "./judge/play.ts"
import { table } from "./judge/table.ts"
import { nameOf } from "./scenarios/scenario.ts"
import { scenarios } from "./scenarios/scenarios.ts"

/** One of each kind, for every day. `npm run test:faults` and `.ci/run` play all. */
const NAMES = [
  "lock: second dispatcher",
  "settle: release: kill -9 after",
  "claim: SIGTERM while a tool ignores SIGTERM",
  "start: hangs",
  "journal: Starting: kill -9 after"
]

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
  afterAll(() => console.log(`\n${table(cells)}\nof ${scenarios.length}; all with npm run test:faults\n`))
})
