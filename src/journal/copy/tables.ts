/** Every table that holds records, each after those that its rows refer to. A migration that adds a table adds it here too. */
export const TABLES = [
  "runs",
  "attempts",
  "steps",
  "outcomes",
  "provider_checks",
  "skips",
  "decisions",
  "retries",
  "pauses",
  "shadow_runs",
  "alerts",
  "conditions",
  "messages",
  "deliveries",
  "marks"
] as const

/** A name as it stands in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A column, by what Postgres says of it. SQLite has the same ones; its `rowid` is in every table. */
export interface Column {
  readonly name: string
  /** `json`, `text`, `bigint` or `integer`. */
  readonly type: string
  /** Whether Postgres counts it up by itself. */
  readonly isCounter: boolean
}
