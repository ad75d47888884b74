import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import type { AttemptStep } from "../../domain/attemptSteps.ts"
import type { JournalFailed } from "../../domain/Failure.ts"

type Check = Effect.Effect<void, JournalFailed | SqlError, SqlClient>

/**
 * What keeps hosts that share a database apart. Each check is a part of the transaction that writes, and fails with `fenced`: then
 * nothing is written, and the caller touches nothing outside.
 */
export interface Fence {
  /** Before a run begins. */
  readonly begins: Check
  /** Before an attempt is opened, now or again. */
  readonly opens: (attempt: Attempt) => Check
  /** After its row was written. */
  readonly opened: (attempt: Attempt) => Check
  /** Before a step of an attempt. */
  readonly steps: (actor: Actor, step: AttemptStep["_tag"]) => Check
}

/** The database is one host's: its run lock keeps its processes apart. */
export const NO_FENCE: Fence = {
  begins: Effect.void,
  opens: () => Effect.void,
  opened: () => Effect.void,
  steps: () => Effect.void
}
