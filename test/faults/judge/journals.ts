import { createClient } from "@libsql/client/sqlite3"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"

/** Runs `use` on every journal of a machine, one after the other, and gives all it found. */
const onJournals = async <A>(
  root: string,
  use: (query: (sql: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>) => Promise<ReadonlyArray<A>>
): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for (const name of fs.readdirSync(root).toSorted()) {
    const file = path.join(root, name, "journal.db")
    if (!fs.existsSync(file)) continue
    const client = createClient({ url: pathToFileURL(file).href })
    try {
      const tables = await client.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts'")
      if (tables.rows.length === 0) continue
      found.push(...(await use(async (sql) => (await client.execute(sql)).rows)))
    } finally {
      client.close()
    }
  }
  return found
}

/** An attempt that is not settled. */
export interface OpenAttempt {
  readonly beads: string
  readonly phase: string
}

export const openAttempts = (root: string): Promise<ReadonlyArray<OpenAttempt>> =>
  onJournals(root, async (query) =>
    (await query("SELECT beads, phase FROM attempts WHERE phase <> 'settled' ORDER BY beads")).map((row) => ({
      beads: String(row["beads"]),
      phase: String(row["phase"])
    }))
  )

/** All rows of the journals without those of the runs, which hold times. */
export const journalRows = (root: string): Promise<ReadonlyArray<unknown>> =>
  onJournals(root, async (query) => {
    const tables = await query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    const names = tables.map(({ name }) => String(name)).filter((name) => !/^(runs|provider_|sqlite_)/.test(name))
    const rows = await Promise.all(names.map((name) => query(`SELECT * FROM "${name}"`)))
    return names.flatMap((name, at) => (rows[at] ?? []).map((row) => [name, row]))
  })

/** Changes a machine's journals as a newer version does that adds a table. Gives the function that takes it back. */
export const makeNewer = async (root: string): Promise<() => Promise<unknown>> => {
  const execute = (sql: string) => onJournals(root, async (query) => [await query(sql)])
  await execute("INSERT INTO effect_sql_migrations (migration_id, name) VALUES (9999, 'of_a_newer_version')")
  return () => execute("DELETE FROM effect_sql_migrations WHERE migration_id = 9999")
}
