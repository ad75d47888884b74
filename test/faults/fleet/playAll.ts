import { Effect } from "effect"
import { afterAll, assert, describe, it } from "vitest"
import { onPostgres } from "../../postgres/shared.ts"
import { cellsOf, nameOf, type Fault } from "./cells.ts"
import { playCell, type PlayedCell } from "./playCell.ts"
import { tableOf } from "./table.ts"

/** The cells to play. */
export const wanted = new RegExp(process.env["FAULTS"] ?? "")

interface Options {
  /** One after the other, because a fault strikes every fleet of the server. */
  readonly alone?: boolean
  /** This host cannot play them. */
  readonly skipped?: boolean
}

/** The cells of these faults, as tests on one server. */
export const playAll = (
  name: string,
  faults: ReadonlyArray<Fault>,
  { alone = false, skipped = false }: Options = {}
): void => {
  const cells = faults.flatMap((fault) => cellsOf(fault)).filter((cell) => wanted.test(nameOf(cell)))
  const played: Array<PlayedCell> = []
  onPostgres(name, (server) => {
    const group = alone ? describe.sequential : describe.concurrent
    group("with three hosts", () => {
      for (const cell of cells) {
        it.skipIf(skipped)(nameOf(cell), { timeout: 120_000 }, async () => {
          const { log, problems } = played[played.push(await playCell(cell, await Effect.runPromise(server))) - 1]!
          assert.isEmpty(problems, `${problems.join("\n")}\n${log}`)
        })
      }
      // A group without a test fails.
      it.skipIf(cells.length > 0)("no cell matches FAULTS", () => {})
    })
    afterAll(() => console.log(`\n${tableOf(played)}\n`))
  })
}
