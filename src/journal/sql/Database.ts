import type * as FileSystem from "@effect/platform/FileSystem"
import type { Effect, Scope } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Identity } from "../../domain/Identity.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import type { JournalFailures } from "../failures.ts"
import type { Fleet } from "../Fleet.ts"
import type { Fence } from "./Fence.ts"
import type { Progress } from "./progress.ts"
import type { Transactions } from "./transactions.ts"

/** This dispatcher as one of the hosts that share a database. */
export interface Enrolled {
  readonly fence: Fence
  /** `undefined`: the database is its own. */
  readonly fleet: Fleet["Type"] | undefined
}

/** A database that holds the records. Locks, the identity and the watcher's place are files of the state directory in any case. */
export interface Database {
  /** Names it in failures, without a secret: a path or an address. */
  readonly place: string
  /** Names it for an operator: `SQLite (/state/journal.db)`. */
  readonly version: string
  readonly failures: (redact?: Redactor) => JournalFailures
  /** Whether there is anything to read yet. */
  readonly exists: Effect.Effect<boolean, JournalFailed, FileSystem.FileSystem>
  /** Makes it if it is missing, before anything opens it. */
  readonly make: Effect.Effect<void, JournalFailed, FileSystem.FileSystem>
  /** Checks and migrates it; gives how far it was before. Only one process of this host does so at a time. */
  readonly prepare: Effect.Effect<Progress, JournalFailed>
  readonly connect: Effect.Effect<Transactions, JournalFailed, Scope.Scope>
  /** Enters this dispatcher among the hosts that share it; a database of one host has none of them. */
  readonly enrol: (
    on: Transactions,
    identity: Identity,
    host: string | undefined
  ) => Effect.Effect<Enrolled, JournalFailed, FileSystem.FileSystem>
  /** The hosts that share it, for one that only reads; `undefined`: it is one host's. */
  readonly fleet: (on: Transactions, identity: Identity) => Fleet["Type"] | undefined
  /** How far it is. Fails if it is of a later version, or damaged: `wholly`, in any part. Changes nothing. */
  readonly progress: (on: Transactions, wholly: boolean) => Effect.Effect<Progress, JournalFailed>
  /** What it holds is the state directory's alone: another database in its place is one that lost its records. */
  readonly lostText: string
  /** Gives the check that the database is still the one that is in use now. */
  readonly keepsPlace: Effect.Effect<Effect.Effect<void, JournalFailed>, JournalFailed>
}
