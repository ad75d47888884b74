import type { Row } from "./tables.ts"

/** A test after the run. */
export interface Finished {
  /** From the root of the project. */
  readonly file: string
  /** With the names of its groups in front, ` > ` between them. */
  readonly name: string
  readonly state: "passed" | "failed" | "skipped" | "pending"
}

export interface Unproven {
  readonly row: Row
  /** `missing`: no test of the file has such a name. */
  readonly because: "missing" | Exclude<Finished["state"], "passed">
}

/**
 * The rows without a proof. A row is proven when its file has a test of that name and each such test passed.
 */
export const unproven = (rows: ReadonlyArray<Row>, tests: ReadonlyArray<Finished>): ReadonlyArray<Unproven> =>
  rows.flatMap((row): ReadonlyArray<Unproven> => {
    const named = tests.filter(({ file, name }) => file === row.file && name.includes(row.test))
    if (named.length === 0) return [{ row, because: "missing" }]
    const states = new Set(named.map(({ state }) => state))
    const because = (["failed", "pending", "skipped"] as const).find((state) => states.has(state))
    return because === undefined ? [] : [{ row, because }]
  })

const REASONS: Readonly<Record<Unproven["because"], string>> = {
  missing: "no test has this name",
  failed: "the test failed",
  pending: "the test did not end",
  skipped: "the test was skipped"
}

/** One line for the person who has to mend it. */
export const lineOf = ({ because, row }: Unproven): string =>
  `UNPROVEN ${row.subject}: ${REASONS[because]}: ${row.file} "${row.test}"`
