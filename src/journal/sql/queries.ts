import type { JournalFailures } from "../failures.ts"
import { JournalQueries } from "../JournalQueries.ts"
import { attemptQueries } from "./attemptQueries.ts"
import { makeRows } from "./rows.ts"
import { runQueries } from "./runQueries.ts"
import { shadowQueries } from "./shadows.ts"
import type { Transactions } from "./transactions.ts"

/** The queries as SQL. Each has an index: none of them reads all attempts. */
export const makeQueries = (transactions: Transactions, failures: JournalFailures): JournalQueries["Type"] => {
  const rows = makeRows(transactions, failures)
  return JournalQueries.of({ ...attemptQueries(rows), ...runQueries(rows), ...shadowQueries(rows) })
}
