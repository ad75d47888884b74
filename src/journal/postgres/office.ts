import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { evictionInWords } from "../../domain/Eviction.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Mark } from "../../domain/Identity.ts"
import type { JournalFailures } from "../failures.ts"
import { makeCalls, type Calls } from "../sql/calls.ts"
import type { Transactions } from "../sql/transactions.ts"
import { evictionOf } from "./eviction.ts"

/** One process of a host of the fleet. */
export interface Office extends Pick<Calls, "failures" | "read" | "transaction"> {
  readonly mark: Mark
  /** Fails with `fenced` if the host was evicted since. */
  readonly required: Effect.Effect<void, JournalFailed | SqlError, SqlClient>
}

/** Fails with `fenced` if the host was evicted since this epoch. */
export const requireOffice = (mark: Mark, epoch: number, failures: JournalFailures): Office["required"] =>
  Effect.gen(function* () {
    const eviction = yield* evictionOf(mark, epoch)
    if (eviction === undefined) return
    const { next, what } = evictionInWords(eviction)
    return yield* failures.fenced(what, next)
  })

/** `epoch`: the host's when this process began. */
export const makeOffice = (mark: Mark, epoch: number, on: Transactions, failures: JournalFailures): Office => {
  const { read, transaction } = makeCalls(on, failures)
  return { mark, failures, read, transaction, required: requireOffice(mark, epoch, failures) }
}
