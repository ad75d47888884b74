import { FastCheck as fc } from "effect"
import type { FakeIssue } from "./fakeIssues.ts"

/**
 * An open bug that the default settings take: P0 or P1, free, not blocked, with any text. Its title is that of its id.
 *
 * @example
 * it.prop("has a short description", [arbitrary.issue], ([bug]) => (bug.description ?? "").length <= 30)
 */
export const issue: fc.Arbitrary<FakeIssue> = fc.record({
  id: fc.stringMatching(/^bd-[a-z0-9]{2,6}(\.[1-9])?$/),
  // Too short for an error line by which bugs are compared.
  description: fc.string({ maxLength: 30 }),
  priority: fc.constantFrom(0, 1),
  labels: fc.subarray(["backend", "ui", "needs care"]),
  createdAt: fc.integer({ min: 0, max: 1_700_000_000_000 })
})

/** How many. */
export interface Amount {
  /** Default 1. */
  readonly min?: number
  /** Default 6. */
  readonly max?: number
}

/**
 * Several such bugs, no two of which are duplicates.
 *
 * @example
 * const bugs = arbitrary.openBugs({ max: 3 })
 */
export const openBugs = ({ max = 6, min = 1 }: Amount = {}): fc.Arbitrary<ReadonlyArray<FakeIssue>> =>
  fc.uniqueArray(issue, { minLength: min, maxLength: max, selector: ({ id }) => id })
