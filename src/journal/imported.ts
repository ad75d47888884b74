import type { Settings } from "../domain/Settings.ts"
import * as PostgresJournal from "./postgres/imported.ts"
import type { JournalOptions } from "./sql/services.ts"
import * as SqliteJournal from "./sqlite/imported.ts"

/** The layers of the journal that the settings name. Each imports its database only when it is built. */
export const journals = ({ journal: address }: Settings): typeof SqliteJournal => {
  if (address === undefined) return SqliteJournal
  const at = (options: JournalOptions) => ({ ...options, address })
  return {
    layer: (options) => PostgresJournal.layer(at(options)),
    reading: (options) => PostgresJournal.reading(at(options)),
    shadowing: (options) => PostgresJournal.shadowing(at(options)),
    viewing: (options) => PostgresJournal.viewing(at(options))
  }
}
