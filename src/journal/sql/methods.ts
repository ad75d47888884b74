import { Effect } from "effect"
import type { Identity } from "../../domain/Identity.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Database } from "./Database.ts"
import type { Fence } from "./Fence.ts"
import { makeOutbox } from "./outbox.ts"
import { makeQueries } from "./queries.ts"
import { makeStatements } from "./statements.ts"
import type { Transactions } from "./transactions.ts"

/** The methods of all services on a database. */
export const methodsOn = (
  database: Database,
  transactions: Transactions,
  dispatcher: { readonly fence: Fence; readonly identity: Identity }
) =>
  Effect.map(Redact, (redact) => {
    const failures = database.failures(redact)
    return {
      statements: makeStatements(transactions, failures, redact, dispatcher),
      queries: makeQueries(transactions, failures),
      outbox: makeOutbox(transactions, failures, redact)
    }
  })
