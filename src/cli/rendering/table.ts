import { oneLine } from "../../domain/Text.ts"
import { cutTo, padTo, widthOf } from "../display.ts"

const WIDEST = 200

/**
 * Columns as wide as their widest cell, two spaces apart. Each cell is one line.
 *
 * @example
 * table(["bug", "why"], [["bd-1", "blocked"]]) // "bug   why\nbd-1  blocked"
 */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cutTo(WIDEST, oneLine(cell, WIDEST))))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))))
  return cells
    .map((row) =>
      row
        .map((cell, column) => padTo(widths[column] ?? 0, cell))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
