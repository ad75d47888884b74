import { afterAll, assert, describe, it } from "vitest"
import { play, type Cell } from "./judge/play.ts"
import { table } from "./judge/table.ts"
import { nameOf } from "./scenarios/scenario.ts"
import { scenarios } from "./scenarios/scenarios.ts"

const cells: Array<Cell> = []
const wanted = new RegExp(process.env["FAULTS"] ?? "")

describe.concurrent("the fault matrix", () => {
  for (const scenario of scenarios.filter((scenario) => wanted.test(nameOf(scenario)))) {
    it(nameOf(scenario), { timeout: 300_000 }, async () => {
      const cell = await play(scenario, { settleAgain: true })
      cells.push(cell)
      assert.isEmpty(cell.problems, `${cell.problems.join("\n")}\n${cell.log}`)
    })
  }
  afterAll(() => console.log(`\n${table(cells)}\n`))
})
