import Libsql from "libsql"
import { codeOf } from "./causes.ts"

// In memory: SQLite would else make a file beside the lock. The last statement needs the write lock, and is never committed:
// on a file that cannot be written, `BEGIN IMMEDIATE` begins a mere read transaction and reports no error.
const TAKE = "PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; PRAGMA user_version = 1"

/**
 * Takes the kernel lock on an SQLite file; never waits. Returns the function that frees it, or `"held"` if another handle has
 * it, in this process or another. Throws any other error. The caller keeps the function: without it the lock may be freed by
 * garbage collection.
 *
 * @example
 * const free = tryLock("/state/lock.db")
 */
export const tryLock = (file: string): "held" | (() => void) => {
  const database = new Libsql(file)
  try {
    database.exec(TAKE)
  } catch (cause) {
    database.close()
    if (codeOf(cause).startsWith("SQLITE_BUSY")) return "held"
    throw cause
  }
  return () => {
    try {
      database.exec("ROLLBACK")
    } finally {
      database.close()
    }
  }
}
