import { afterAll, assert, describe, it } from "vitest"
import { play, table, type Cell } from "./matrix.ts"
import { scenarios } from "./scenarios.ts"

const cells: Array<Cell> = []
const wanted = new RegExp(process.env["FAULTS"] ?? "")

describe.concurrent("the fault matrix", () => {
  for (const scenario of scenarios) {
    const name = `${scenario.step}: ${scenario.fault}`
    if (!wanted.test(name)) continue
    it(name, { timeout: 300_000 }, async () => {
      const cell = await play(scenario)
      cells.push(cell)
      assert.isEmpty(cell.problems, `${cell.problems.join("\n")}\n${cell.log}`)
    })
  }
  afterAll(() => console.log(`\n${table(cells)}\n`))
})
