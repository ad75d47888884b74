import { oneLine } from "../../domain/Text.ts"

/**
 * Columns padded to their widest cell, two spaces apart, the last one as it is. Every cell is one line.
 *
 * @example
 * table(["bug", "why"], [["bd-1", "blocked"]]) // "bug   why\nbd-1  blocked"
 */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => oneLine(cell, 200)))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
