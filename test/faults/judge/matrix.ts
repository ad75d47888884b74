import { afterAll, assert, describe, it } from "vitest"
import { nameOf, type Scenario } from "../scenarios/scenario.ts"
import { scenarios } from "../scenarios/scenarios.ts"
import { play, type Cell } from "./play.ts"
import { table } from "./table.ts"

const wanted = new RegExp(process.env["FAULTS"] ?? "")

/** A test for each cell of this part of the matrix whose name `FAULTS` matches; then the part's table is printed. */
export const matrix = (name: string, belongs: (scenario: Scenario) => boolean) => {
  const part = scenarios.filter((scenario) => belongs(scenario) && wanted.test(nameOf(scenario)))
  // A file without a test fails.
  if (part.length === 0) return it.skip(`no cell of ${name} matches FAULTS`, () => {})
  const cells: Array<Cell> = []
  return describe.concurrent(`the fault matrix: ${name}`, () => {
    it.each(part.map((scenario) => [nameOf(scenario), scenario] as const))(
      "%s",
      { timeout: 300_000 },
      async (_, scenario) => {
        const cell = await play(scenario, { settleAgain: true })
        cells.push(cell)
        assert.isEmpty(cell.problems, `${cell.problems.join("\n")}\n${cell.log}`)
      }
    )
    afterAll(() => console.log(`\n${table(cells)}\n`))
  })
}

/** The steps at which a run keeps or settles something, as opposed to those that bring a bug to its job. */
export const settles = ({ step }: Scenario): boolean => /^(lock|journal|settle|release|alert|summary)/.test(step)
