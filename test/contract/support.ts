import { assert } from "@effect/vitest"

export {
  beadsId,
  eventually,
  MARK,
  NASTY_TEXT,
  newAttempt,
  OTHER_MARK,
  OWN
} from "../../src/testing/contract/support.ts"

/** Asserts that both have the same members, in any order, with a readable failure. */
export const sameMembers = (actual: ReadonlyArray<string>, expected: ReadonlyArray<string>): void =>
  assert.deepStrictEqual([...actual].sort(), [...expected].sort())
