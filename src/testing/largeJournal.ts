import { attemptRows, decisionRows, outcomeRows, stepRows } from "./largeJournalAttempts.ts"
import type { LargeJournal, Part } from "./largeJournalParts.ts"
import { checkRows, runRows, skipRows } from "./largeJournalRuns.ts"

/** The attempts of one statement: enough to be fast, few enough that the program answers in between. */
const BATCH = 20_000

/**
 * SQL that fills an empty SQLite journal with many nights, for tests of speed. Each bug has three attempts, in three nights;
 * most of the last ones succeed, and a person has decided about all but the newest. Two jobs of the last night still run.
 *
 * Each text is one statement. A million attempts take two minutes and 4.5 GB.
 *
 * @example
 * const statements = largeJournal({ attempts: 1_000_000, nights: 5_000, seed: 1, last: now })
 */
export const largeJournal = function* (size: LargeJournal): Generator<string> {
  const { attempts, nights } = size
  const perNight = Math.ceil(attempts / nights)
  const step = Math.max(1, Math.floor(BATCH / Math.max(1, perNight)))
  for (let night = 0; night < nights; night += step) {
    const end = Math.min(night + step, nights)
    const part: Part = {
      ...size,
      perNight,
      nightsFrom: night + 1,
      nightsTo: end,
      rowsFrom: night * perNight + 1,
      rowsTo: Math.min(end * perNight, attempts)
    }
    yield runRows(part)
    yield skipRows(part)
    yield checkRows(part)
    if (part.rowsFrom > part.rowsTo) continue
    yield attemptRows(part)
    yield stepRows(part)
    yield outcomeRows(part)
    yield decisionRows(part)
  }
}
