/** How large a made journal is. */
export interface LargeJournal {
  /** At most 16,777,216. */
  readonly attempts: number
  /** One run each, a day apart. At least 1, at most 16,777,216. */
  readonly nights: number
  /** A whole number from 0 to 1,000,000. Equal seeds make equal journals. */
  readonly seed: number
  /** When the last night began. Milliseconds since the epoch. */
  readonly last: number
}

/** What the statements about one part of the nights share. Numbers of runs and rows, counted from 1; `to` is in it. */
export interface Part extends LargeJournal {
  readonly perNight: number
  readonly nightsFrom: number
  readonly nightsTo: number
  readonly rowsFrom: number
  readonly rowsTo: number
}

/** Numbers from `from` to `to`, as a table with one column. */
export const counted = (table: string, column: string, from: number, to: number): string =>
  `${table} (${column}) AS (SELECT ${from} UNION ALL SELECT ${column} + 1 FROM ${table} WHERE ${column} < ${to})`
