import { Clock, Duration, Effect, Schema } from "effect"
import { parseActor, type Actor } from "../../domain/Actor.ts"
import { EVICTION_NOTICE } from "../../domain/fence.ts"
import { Host } from "../../domain/Host.ts"
import { isOwn, Mark, type Identity } from "../../domain/Identity.ts"
import { coversHost, type Pause } from "../../domain/Pause.ts"
import { OURS, type Fleet, type Tenure } from "../Fleet.ts"
import type { JournalFailures } from "../failures.ts"
import type { PostgresFailures } from "./failures.ts"
import { requireOneTracker } from "./oneTracker.ts"
import { makeRecords } from "../records.ts"
import { makeCalls } from "../sql/calls.ts"
import { pausesInForce } from "../sql/pauses.ts"
import { admit, evict, evictionOf } from "./eviction.ts"
import { texts } from "../sql/dialect.ts"
import { sql, type Transactions } from "../sql/transactions.ts"

/** What a host says of itself. */
export interface HostFacts {
  readonly name: string
  readonly tags: ReadonlyArray<string>
  readonly version: string
  /** What names its tracker on every host, if that is known. */
  readonly project: string | undefined
}

/**
 * Enters this dispatcher among the hosts, or says that it is there again; gives its epoch, which its processes keep. The marks that
 * it had before it was moved are hosts no more. Fails if its tracker is not that of the other hosts.
 */
export const enrol = Effect.fn("fleet.enrol")(function* (
  identity: Identity,
  { name, project, tags, version }: HostFacts,
  failures: PostgresFailures
) {
  yield* requireOneTracker(identity.mark, project, failures)
  const reason = `its state directory goes on as ${identity.mark}`
  yield* sql`UPDATE hosts SET state = 'evicted', epoch = epoch + 1, reason = ${reason}
    WHERE mark IN (${texts(identity.adopted)}) AND state <> 'evicted'`
  const [row] = yield* sql<{ epoch: number }>`INSERT INTO hosts (mark, name, tags, version, project)
    VALUES (${identity.mark}, ${name}, ${JSON.stringify(tags)}, ${version}, ${project ?? null})
    ON CONFLICT (mark) DO UPDATE
      SET name = excluded.name, tags = excluded.tags, version = excluded.version,
        project = coalesce(excluded.project, hosts.project), seen = now()
    RETURNING epoch`
  // An INSERT that gives its row always gives one; no host has the epoch 0, so a missing one would be fenced.
  return row?.epoch ?? 0
})

const Row = Schema.Struct({
  mark: Mark,
  name: Schema.String,
  tags: Schema.parseJson(Host.fields.tags),
  version: Schema.String,
  jobs: Schema.NullOr(Schema.Int),
  per_run: Schema.NullOr(Schema.Int),
  seen_ago: Schema.Number,
  state: Host.fields.state,
  epoch: Schema.Int,
  reason: Schema.NullOr(Schema.String),
  open: Schema.Int,
  /** Milliseconds until the last step outside of each open attempt is over; `NULL`: it has none. */
  fenced: Schema.NullOr(Schema.Number)
})
const decodeRow = Schema.decodeUnknown(Row)

const NOTICE = Duration.toMillis(EVICTION_NOTICE)

/** `pauses`: those that are in force. */
const hostOf = (
  { fenced, jobs, per_run, reason, seen_ago, state, ...row }: typeof Row.Type,
  pauses: ReadonlyArray<Pause>
): Host => {
  const paused = pauses.find((pause) => coversHost(pause, [row.mark]))
  const notice = state === "evicted" ? 0 : NOTICE
  return {
    ...row,
    state: state === "active" && paused !== undefined ? "paused" : state,
    seenAgo: seen_ago,
    othersSettleIn: row.open === 0 ? 0 : Math.max(notice, fenced ?? 0),
    ...(jobs === null || per_run === null ? {} : { freePlaces: Math.max(0, Math.min(per_run, jobs - row.open)) }),
    ...(reason === null ? {} : { reason }),
    ...(paused === undefined ? {} : { paused })
  }
}

const millisUntil = (time: string) => `CAST(extract(epoch FROM ${time} - now()) * 1000 AS BIGINT)`

const selectHosts = (mark?: Mark) => sql<object>`SELECT mark, name, tags, version, jobs, per_run, state, epoch, reason,
    CAST(extract(epoch FROM now() - seen) * 1000 AS BIGINT) AS seen_ago,
    (SELECT count(*) FROM attempts WHERE host = hosts.mark AND phase <> 'settled') AS open,
    (SELECT ${(client) => client.literal(millisUntil("max(fence_until)"))} FROM attempts
      WHERE host = hosts.mark AND phase <> 'settled') AS fenced
  FROM hosts WHERE mark = coalesce(CAST(${mark ?? null} AS TEXT), mark) ORDER BY name, mark`

interface Holding {
  readonly name: string
  readonly state: string
  readonly reason: string | null
  /** Milliseconds until no other host need leave it alone; `NULL`: it came from another journal. */
  readonly held: number | null
  /** Milliseconds until its last step outside is certainly over. */
  readonly fenced: number | null
}

/** What is known of the attempt and of the host that made it; `undefined` if that is no host of the fleet. */
const holdingOf = (actor: Actor, mark: Mark) =>
  Effect.map(
    sql<Holding>`SELECT name, reason,
      CASE WHEN state <> 'evicted' AND hosts.epoch > attempts.epoch THEN 'evicted' ELSE state END AS state,
      ${(client) => client.literal(millisUntil("held_until"))} AS held,
      ${(client) => client.literal(millisUntil("fence_until"))} AS fenced
    FROM hosts LEFT JOIN attempts ON actor = ${actor} WHERE mark = ${mark}`,
    ([row]) => row
  )

const tenureOf = ({ fenced, held, name, reason, state }: Holding): Tenure => {
  const isEvicted = state === "evicted"
  if (isEvicted && (fenced ?? 0) <= 0) {
    return { _tag: "Free", host: name, why: `${name} was evicted${reason === null ? "" : `: ${reason}`}` }
  }
  if (held !== null && held <= 0) return { _tag: "Free", host: name, why: `the time of ${name} for it is over` }
  return { _tag: "Theirs", host: name, left: isEvicted ? (fenced ?? 0) : (held ?? undefined) }
}

/** The hosts of the fleet, for a dispatcher that is one of them. `epoch`: its host's when its process began, if it may write. */
export const fleetOn = (
  transactions: Transactions,
  failures: JournalFailures,
  identity: Identity,
  epoch?: number
): Fleet["Type"] => {
  const { read, write } = transactions
  const calls = makeCalls(transactions, failures)
  // Nothing is encoded with them.
  const records = makeRecords((text) => text)
  const pausesNow = Effect.flatMap(Clock.currentTimeMillis, (now) => pausesInForce(calls, records, now))
  const hostsOf = (mark?: Mark) =>
    read(Effect.all([selectHosts(mark), pausesNow])).pipe(
      Effect.mapError(failures.of),
      Effect.flatMap(([rows, found]) => {
        const pauses = found.map(({ pause }) => pause)
        return Effect.forEach(rows, (row) =>
          Effect.mapBoth(decodeRow(row), {
            onFailure: ({ message }) => failures.corrupt(message),
            onSuccess: (decoded) => hostOf(decoded, pauses)
          })
        )
      })
    )
  /** Changes a host; gives it as it was. */
  const changed = (host: Mark, change: ReturnType<typeof evict>) =>
    hostsOf(host).pipe(
      Effect.map(([found]) => found),
      Effect.tap((found) => (found === undefined ? Effect.void : change)),
      write,
      Effect.mapError(failures.of)
    )
  const isOurs = (mark: Mark) => isOwn(identity, mark)
  return {
    hosts: hostsOf(),
    others: read(sql<{ mark: Mark }>`SELECT mark FROM hosts`).pipe(
      Effect.mapError(failures.of),
      Effect.map((all) => new Set(all.flatMap(({ mark }) => (isOurs(mark) ? [] : [mark]))))
    ),
    seen: (places) =>
      write(
        sql`UPDATE hosts SET seen = now(), jobs = coalesce(${places?.jobs ?? null}, jobs),
          per_run = coalesce(${places?.perRun ?? null}, per_run) WHERE mark = ${identity.mark}`
      ).pipe(Effect.mapError(failures.of), Effect.asVoid),
    tenure: (actor) => {
      const mark = parseActor(actor)?.mark
      if (mark === undefined || isOurs(mark)) return Effect.succeed(OURS)
      return read(holdingOf(actor, mark)).pipe(
        Effect.mapError(failures.of),
        Effect.map((holding) => (holding === undefined ? OURS : tenureOf(holding)))
      )
    },
    evict: (host, reason) => changed(host, evict(host, reason)),
    admit: (host) => changed(host, admit(host)),
    evicted: Effect.mapError(read(evictionOf(identity.mark, epoch)), failures.of)
  }
}
