import type { Part } from "../sql/dialect.ts"

/** The database's time, so many milliseconds from now. A transaction may have waited for others since it began. */
export const after =
  (millis: number): Part =>
  (client) =>
    client`clock_timestamp() + ${millis} * INTERVAL '1 millisecond'`
