import { oneLine } from "../../domain/Text.ts"
import { cutTo, padBefore, padTo, widthOf, wrapTo } from "./display.ts"

const WIDEST = 200
/** A narrower last column would be too hard to read. The terminal wraps the line then. */
const NARROWEST = 20

const lineOf = (widths: ReadonlyArray<number>, cells: ReadonlyArray<string>, numbers: ReadonlyArray<number>): string =>
  cells
    .map((cell, column) => (numbers.includes(column) ? padBefore : padTo)(widths[column] ?? 0, cell))
    .join("  ")
    .trimEnd()

/**
 * Columns as wide as their widest cell, two spaces apart. Each cell is one line, but on a terminal of `width` columns the last
 * one goes on below, where it is too long. `numbers`: the columns that are aligned on the right.
 *
 * @example
 * table(["bug", "why"], [["bd-1", "blocked"]]) // "bug   why\nbd-1  blocked"
 */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width = Number.POSITIVE_INFINITY,
  numbers: ReadonlyArray<number> = []
): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cutTo(WIDEST, oneLine(cell, WIDEST))))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))))
  const before = widths.slice(0, -1).reduce((sum, columns) => sum + columns + 2, 0)
  const left = Math.max(NARROWEST, width - before)
  return cells
    .flatMap((row) =>
      wrapTo(left, row.at(-1) ?? "").map((last, line) =>
        lineOf(
          [...widths.slice(0, -1), 0],
          line === 0 ? [...row.slice(0, -1), last] : [" ".repeat(Math.max(0, before - 2)), last],
          line === 0 ? numbers : []
        )
      )
    )
    .join("\n")
}
