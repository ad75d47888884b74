import { afterAll, assert, describe, it } from "vitest"
import { play, table, type Cell } from "./matrix.ts"
import { scenarios } from "./scenarios.ts"

/** One of each kind, for every day; `npm run test:faults` plays them all. */
const NAMES = [
  "lock: second dispatcher",
  "settle: release: kill -9 after",
  "claim: kill -9 during",
  "claim: SIGTERM while a tool ignores SIGTERM",
  "claim: says yes, did no",
  "prompt: disk full",
  "start: hangs",
  "journal: Starting: kill -9 after",
  "summary: stdout closed"
]

const cells: Array<Cell> = []

describe.concurrent("the fault matrix, reduced", () => {
  for (const name of NAMES) {
    it(name, { timeout: 120_000 }, async () => {
      const scenario = scenarios.find(({ fault, step }) => `${step}: ${fault}` === name)
      if (scenario === undefined) return assert.fail("there is no such scenario")
      const cell = await play(scenario, false)
      cells.push(cell)
      return assert.isEmpty(cell.problems, `${cell.problems.join("\n")}\n${cell.log}`)
    })
  }
  afterAll(() => console.log(`\n${table(cells)}\nof ${scenarios.length}; all with npm run test:faults\n`))
})
