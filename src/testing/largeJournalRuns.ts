import { counted, type Part } from "./largeJournalParts.ts"

const DAY = 86_400_000

export const runRows = ({ last, nights, nightsFrom, nightsTo, perNight }: Part): string => `
  WITH RECURSIVE ${counted("nights", "n", nightsFrom, nightsTo)},
  times AS (SELECT n, ${last} - (${nights} - n) * ${DAY} AS began FROM nights),
  facts AS (SELECT *, strftime('%Y%m%dT%H%M%SZ', began / 1000, 'unixepoch') || printf('-%010x', n) AS run FROM times)
  INSERT INTO runs (run, host, began, ended, exit, number, fetched, dispatched, failed, skipped, report)
  SELECT run, 'vm-1', began, began + 3000000, 0, n, ${perNight} + 1, ${perNight}, 0, 1, json_object(
    'run', run, 'startedAt', strftime('%Y-%m-%dT%H:%M:%S.000Z', began / 1000, 'unixepoch'), 'dryRun', json('false'),
    'backends', json_object('beads', 'b', 'runner', 'r', 'workspace', 'w'), 'fetched', ${perNight} + 1,
    'chosen', ${perNight}, 'dispatched', ${perNight}, 'failed', 0, 'skipped', 1, 'malformed', 0, 'settled', ${perNight},
    'running', 0, 'exit', 0, 'durationMs', 3000000, 'providers', json('[]'), 'outcomes', json('[]'), 'ended', json('[]'))
  FROM facts`

/** One bug waits for another for ten nights; then the next one does. */
export const skipRows = ({ nights, nightsFrom, nightsTo }: Part): string => `
  INSERT INTO skips (beads, since, until, outcome)
  SELECT beads, number, CASE WHEN number + 10 <= ${nights} THEN number + 10 END,
    json_object('_tag', 'Skipped', 'beads', beads, 'reason', 'blocked', 'detail', 'it waits for another bug')
  FROM (SELECT number, printf('app-skipped-%06x', number) AS beads FROM runs
    WHERE number BETWEEN ${nightsFrom} AND ${nightsTo} AND number % 10 = 1)`

/** Each night one of three providers refuses. */
export const checkRows = ({ nightsFrom, nightsTo }: Part): string => `
  WITH providers (place, provider) AS (VALUES (0, 'opencode'), (1, 'claude'), (2, 'gemini')),
  facts AS (SELECT r.run, p.provider, r.number % 3 <> p.place AS available, r.number, p.place
    FROM runs r, providers p WHERE r.number BETWEEN ${nightsFrom} AND ${nightsTo})
  INSERT INTO provider_checks (run, provider, available, detail, "check")
  SELECT run, provider, available, CASE WHEN available THEN '' ELSE 'no quota' END, json_object('provider', provider,
    'available', json(CASE WHEN available THEN 'true' ELSE 'false' END), 'durationMs', 900, 'lines', json('[]'),
    'detail', CASE WHEN available THEN '' ELSE 'no quota' END)
  FROM facts ORDER BY number, place`
