import { counted, type Part } from "./largeJournalParts.ts"

const MARK = "0123456789abcdef0123456789abcdef"

/** A number from 0 to `below` - 1, which depends on attempt, seed and `salt` only. */
const pick = (seed: number, salt: number, below: number): string =>
  `((r.number * 1009 + p.place * 9176 + ${seed + salt * 7919}) * 48271 % 2147483647 / 7 % ${below})`

/** The newest nights: a person has decided about only half of their work. */
const UNDECIDED = 30

/** The facts from which an attempt's row is made: see `ATTEMPT`. */
const facts = ({ attempts, nights, nightsFrom, nightsTo, perNight, seed }: Part): string => `
  WITH RECURSIVE ${counted("p", "place", 0, perNight - 1)},
  chosen AS (SELECT r.run, r.number AS night, p.place, r.began + p.place * 1000 AS began,
      printf('app-%06x', (r.number - 1) / 3 * ${perNight} + p.place) AS beads, (r.number - 1) % 3 + 1 AS number,
      (r.number = ${nights} AND p.place < 2) AS is_open, ${pick(seed, 1, 10)} > 0 AS has_job, ${pick(seed, 2, 10)} AS fate,
      CASE WHEN ${pick(seed, 3, 10)} < 6 THEN 'opencode' WHEN ${pick(seed, 4, 10)} < 8 THEN 'claude' ELSE 'gemini' END
        AS provider,
      (r.number > ${nights - UNDECIDED} AND ${pick(seed, 5, 2)} = 0) AS undecided,
      (2 + ${pick(seed, 6, 58)}) * 60000 AS duration
    FROM runs r, p
    WHERE r.number BETWEEN ${nightsFrom} AND ${nightsTo} AND (r.number - 1) * ${perNight} + p.place < ${attempts}),
  known AS (SELECT *, is_open OR has_job AS had_job, CASE WHEN is_open THEN NULL
      WHEN NOT has_job THEN 'failed'
      WHEN number = 3 THEN CASE WHEN fate < 8 THEN 'succeeded' WHEN fate < 9 THEN 'unverified' ELSE 'failed' END
      WHEN fate < 7 THEN 'failed' WHEN fate < 9 THEN 'stalled' ELSE 'no_op' END AS ended FROM chosen),
  facts AS (SELECT *, 'nightly-dispatch/${MARK}/vm-1/' || run || '/' || (place + 1) AS actor,
      coalesce(ended IN ('succeeded', 'unverified'), 0) AS is_work,
      began + CASE WHEN is_open THEN 4000 WHEN had_job THEN duration + 5000 ELSE 2000 END AS changed FROM known)`

const PLACE = "'/home/op/.local/state/nightly-dispatch/'"

/** The record of an attempt. `json_patch` leaves out what is NULL. */
const ATTEMPT = `json_patch('{}', json_object('actor', actor, 'run', run, 'beads', beads, 'number', number,
  'digest', printf('%016x', night * 3 + place), 'repository', json_object('name', 'shop', 'path', '/home/op/shop'),
  'tracker', '/home/op/shop/.beads', 'createdAt', began, 'updatedAt', changed,
  'createdBoot', json_object('boot', 'boot-1', 'millis', began), 'updatedBoot', json_object('boot', 'boot-1', 'millis', changed),
  'phase', CASE WHEN is_open THEN 'acknowledged' ELSE 'settled' END, 'provider', provider,
  'workspace', json_object('path', ${PLACE} || 'worktrees/' || beads || '/shop', 'branch', 'nightly-dispatch/' || beads,
    'base', printf('%040x', night), 'reused', json('false')),
  'prompt', json_object('beads', beads, 'path', '/tmp/nightly-dispatch-${MARK}/' || beads || '.prompt'),
  'ack', CASE WHEN had_job THEN json_object('beads', beads, 'provider', provider, 'pid', 1000 + place, 'how', 'started',
    'log', ${PLACE} || 'jobs/' || beads || '/' || number || '/log', 'runInstance', run || '-' || place) END,
  'end', ended, 'blame', CASE WHEN ended IS NULL OR ended IN ('succeeded', 'no_op') THEN NULL WHEN NOT had_job THEN 'provider'
    WHEN ended = 'unverified' THEN 'host' WHEN fate % 2 = 0 THEN 'provider' ELSE 'issue' END,
  'code', CASE WHEN ended = 'failed' THEN 'runner_error' END,
  'detail', CASE ended WHEN 'succeeded' THEN 'the job ended well; 3 commits' WHEN 'unverified' THEN 'our check cannot start'
    WHEN 'stalled' THEN 'no output for 30 min' WHEN 'no_op' THEN 'the job ended well and changed nothing'
    WHEN 'failed' THEN 'exit 3: npm ERR! missing script: "test"' END,
  'commits', CASE WHEN is_work THEN 1 + fate % 4 END,
  'verified', CASE ended WHEN 'succeeded' THEN 'yes' WHEN 'unverified' THEN 'no' END,
  'durationMs', CASE WHEN had_job AND ended IS NOT NULL THEN duration END,
  'review', CASE WHEN is_work THEN 'label' END))`

export const attemptRows = (part: Part): string => `${facts(part)}
  INSERT INTO attempts (actor, run, beads, phase, began, changed, reported, had_job, leaves_work, attempt)
  SELECT actor, run, beads, CASE WHEN is_open THEN 'acknowledged' ELSE 'settled' END, began, changed, NOT is_open, had_job,
    is_work AND undecided, ${ATTEMPT} FROM facts ORDER BY night, place`

/** The steps of each attempt, in order. */
export const stepRows = ({ rowsFrom, rowsTo }: Part): string => `
  WITH taken (place, tag) AS (VALUES (1, 'Intended'), (2, 'Claimed'), (3, 'WorkspaceMade'), (4, 'Prompted'),
    (5, 'Starting'), (6, 'Acknowledged'), (7, 'Settled'))
  INSERT INTO steps (actor, at, step)
  SELECT a.actor, CASE tag WHEN 'Settled' THEN a.changed ELSE a.began + (t.place - 1) * 800 END,
    json_patch(json_object('_tag', tag), CASE tag
      WHEN 'WorkspaceMade' THEN json_object('workspace', json(a.attempt -> '$.workspace'))
      WHEN 'Prompted' THEN json_object('prompt', json(a.attempt -> '$.prompt'))
      WHEN 'Starting' THEN json_object('provider', a.attempt ->> '$.provider')
      WHEN 'Acknowledged' THEN json_object('ack', json(a.attempt -> '$.ack'))
      WHEN 'Settled' THEN json_object('end', a.attempt ->> '$.end', 'code', a.attempt ->> '$.code',
        'blame', a.attempt ->> '$.blame', 'detail', a.attempt ->> '$.detail', 'commits', a.attempt ->> '$.commits',
        'verified', a.attempt ->> '$.verified', 'durationMs', a.attempt ->> '$.durationMs',
        'review', a.attempt ->> '$.review')
      ELSE '{}' END)
  FROM attempts a, taken t
  WHERE a.rowid BETWEEN ${rowsFrom} AND ${rowsTo} AND (tag <> 'Acknowledged' OR a.had_job = 1)
    AND (tag <> 'Settled' OR a.phase = 'settled')
  ORDER BY a.rowid, t.place`

const PASSED_OVER = `json_array(json_object('provider', 'opencode', 'code', 'preflight_failed', 'reason', 'no quota',
  'capacity', json('false'), 'durationMs', 900))`

export const outcomeRows = ({ rowsFrom, rowsTo }: Part): string => `
  WITH taken AS (SELECT run, beads, had_job, attempt ->> '$.provider' AS provider, attempt ->> '$.ack.log' AS log,
      attempt ->> '$.workspace.branch' AS branch, attempt ->> '$.workspace.path' AS worktree, rowid AS place
    FROM attempts WHERE rowid BETWEEN ${rowsFrom} AND ${rowsTo})
  INSERT INTO outcomes (run, beads, tag, fallback_to, outcome)
  SELECT run, beads, CASE WHEN had_job THEN 'Dispatched' ELSE 'Failed' END,
    CASE WHEN had_job AND provider <> 'opencode' THEN provider END,
    CASE WHEN had_job THEN json_object('_tag', 'Dispatched', 'beads', beads, 'provider', provider, 'durationMs', 4000,
        'how', 'started', 'log', log, 'worktree', worktree, 'branch', branch,
        'passedOver', CASE WHEN provider = 'opencode' THEN json('[]') ELSE ${PASSED_OVER} END)
      ELSE json_object('_tag', 'Failed', 'beads', beads, 'provider', provider, 'code', 'provider_unavailable',
        'blame', 'provider', 'error', 'no provider available', 'durationMs', 2000, 'passedOver', ${PASSED_OVER}) END
  FROM taken ORDER BY place`

export const decisionRows = ({ rowsFrom, rowsTo }: Part): string => `
  WITH decided AS (SELECT actor, beads, changed + 36000000 AS at,
      CASE WHEN rowid % 5 = 0 THEN 'rejected' ELSE 'accepted' END AS decision
    FROM attempts WHERE rowid BETWEEN ${rowsFrom} AND ${rowsTo} AND leaves_work = 0
      AND attempt ->> '$.end' IN ('succeeded', 'unverified'))
  INSERT INTO decisions (actor, beads, at, decision)
  SELECT actor, beads, at, json_object('actor', actor, 'beads', beads, 'decision', decision, 'at', at) FROM decided`
