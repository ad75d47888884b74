import { Effect } from "effect"
import { afterAll, assert, describe, it } from "vitest"
import { onPostgres } from "../../postgres/shared.ts"
import { nameOf, STEPS, type Cell, type Fault } from "./cells.ts"
import { playCell, type PlayedCell } from "./playCell.ts"

const wanted = new RegExp(process.env["FAULTS"] ?? "")

/** Every fault at every step, as tests. */
export const playAll = (name: string, faults: ReadonlyArray<Fault>): void => {
  const cells: ReadonlyArray<Cell> = faults
    .flatMap((fault) => STEPS.flatMap((step) => (["before", "after"] as const).map((when) => ({ fault, step, when }))))
    .filter((cell) => wanted.test(nameOf(cell)))
  const played: Array<PlayedCell> = []
  onPostgres(name, (server) => {
    describe.concurrent("with three hosts", () => {
      for (const cell of cells) {
        it(nameOf(cell), { timeout: 120_000 }, async () => {
          const { log, problems } = played[played.push(await playCell(cell, await Effect.runPromise(server))) - 1]!
          console.log("DBG", nameOf(cell), problems)
          assert.isEmpty(problems, `${problems.join("\n")}\n${log}`)
        })
      }
    })
    // A file without a test fails.
    it.skipIf(cells.length > 0)("no cell matches FAULTS", () => {})
    afterAll(() => console.log(`\n${played.length} cells\n`))
  })
}
