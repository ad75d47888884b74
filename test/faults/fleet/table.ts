import { STEPS } from "./cells.ts"
import type { PlayedCell } from "./playCell.ts"

const SIGNS = { holds: "✓", broken: "✗", absent: "·" } as const

/** What was played, a row for each fault: before and after each step. */
export const tableOf = (played: ReadonlyArray<PlayedCell>): string => {
  const names = [...new Set(played.map(({ cell }) => cell.fault.name))]
  const width = Math.max(0, ...names.map((name) => name.length))
  const signOf = (name: string, step: string, when: string) => {
    const found = played.find(({ cell }) => cell.fault.name === name && cell.step === step && cell.when === when)
    if (found === undefined) return SIGNS.absent
    return found.problems.length === 0 ? SIGNS.holds : SIGNS.broken
  }
  const rows = names.map((name) =>
    [
      name.padEnd(width),
      ...STEPS.map((step) => `${signOf(name, step, "before")}${signOf(name, step, "after")}`.padEnd(step.length))
    ].join("  ")
  )
  const holding = played.filter(({ problems }) => problems.length === 0).length
  return [
    ["".padEnd(width), ...STEPS].join("  "),
    ...rows,
    "",
    `${holding} of ${played.length} cells of the fleet hold (each step: before, after)`
  ].join("\n")
}
