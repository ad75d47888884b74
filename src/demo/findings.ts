import type { Skipped } from "../domain/Outcome.ts"
import type { Leftovers } from "./leftovers.ts"
import type { Repair } from "./repairs.ts"

/** The results of the demo's inspection after its run. */
export interface Findings {
  readonly repairs: ReadonlyArray<Repair>
  readonly skipped: ReadonlyArray<Skipped>
  readonly left: Leftovers
  /** Milliseconds. */
  readonly took: number
}

/** Every difference from the expected end. */
export const problemsOf = ({ repairs, left }: Findings): ReadonlyArray<string> => [
  ...repairs.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`)),
  ...(left.files.length === 0 ? [] : [`left in the directory of the prompt files: ${left.files.join(", ")}`]),
  ...(left.claims === 0 ? [] : [`${left.claims} claims are still held`]),
  ...(left.waiting === repairs.length ? [] : [`only ${left.waiting} bugs are marked for review`]),
  ...(left.verified === repairs.length ? [] : [`our check verified the work for only ${left.verified} bugs`]),
  ...(left.jobs === 0 ? [] : [`${left.jobs} jobs still run`])
]
