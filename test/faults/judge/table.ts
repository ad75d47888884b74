import { scenarios } from "../scenarios/scenarios.ts"
import { INVARIANTS } from "./invariants.ts"
import { RULES, settledEnds, type Cell } from "./play.ts"

/** The name of a column: " A" to " Z", then "AA", "AB". */
const column = (at: number): string =>
  (at < 26 ? " " : String.fromCharCode(64 + Math.floor(at / 26))) + String.fromCharCode(65 + (at % 26))

const holds = ({ problems }: Cell): boolean => problems.length === 0

/** The matrix as text: a row for each step, a column for each fault; ✓ holds, ✗ does not, · no such scenario. */
export const table = (played: ReadonlyArray<Cell>): string => {
  const cells = played.toSorted((a, b) => scenarios.indexOf(a.scenario) - scenarios.indexOf(b.scenario))
  const steps = [...new Set(cells.map(({ scenario }) => scenario.step))]
  const faults = [...new Set(cells.map(({ scenario }) => scenario.fault))]
  const width = Math.max(...steps.map((step) => step.length)) + 1
  const mark = (step: string, fault: string) => {
    const found = cells.filter(({ scenario }) => scenario.step === step && scenario.fault === fault)
    return found.length === 0 ? "·" : found.every(holds) ? "✓" : "✗"
  }
  const legend = faults.map((fault, at) => `${column(at)} ${fault}`)
  const head = `${"".padEnd(width)}${faults.map((_, at) => column(at)).join(" ")}`
  const rows = steps.map((step) => `${step.padEnd(width)}${faults.map((fault) => ` ${mark(step, fault)}`).join(" ")}`)
  const checks = INVARIANTS.length + RULES.length
  const counts = [
    `${cells.filter(holds).length} of ${cells.length} scenarios hold`,
    `${checks} rules checked in each`,
    `settling again in ${settledEnds.size} different ends`
  ]
  return [head, ...rows, "", ...legend, "", counts.join("; ")].join("\n")
}
