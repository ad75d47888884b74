import { Duration, Effect } from "effect"
import type { Eviction } from "../../domain/Eviction.ts"
import { EVICTION_NOTICE } from "../../domain/fence.ts"
import type { Mark } from "../../domain/Identity.ts"
import { sql } from "../sql/transactions.ts"
import { after } from "./time.ts"

interface Standing {
  readonly name: string
  readonly state: string
  readonly epoch: number
  readonly reason: string | null
}

/** Whether this host was evicted since a process of it began with this epoch; `undefined`: ask only whether it is evicted now. */
export const evictionOf = Effect.fn("fleet.evictionOf")(function* (mark: Mark, epoch: number | undefined) {
  const [host] = yield* sql<Standing>`SELECT name, state, epoch, reason FROM hosts WHERE mark = ${mark}`
  // Without a row a reader is no host yet. A process that writes has one, so somebody removed it.
  if (host === undefined) {
    return epoch === undefined ? undefined : ({ host: mark, reason: undefined, isAdmitted: false } satisfies Eviction)
  }
  const { name, reason, state } = host
  const isEvicted = state === "evicted"
  if (!isEvicted && (epoch === undefined || host.epoch === epoch)) return undefined
  return { host: name, reason: reason ?? undefined, isAdmitted: !isEvicted } satisfies Eviction
})

/**
 * Evicts a host that is not evicted yet. It gets time to end its jobs before another host settles them. An attempt that came from SQLite
 * names its host only in its actor.
 */
export const evict = Effect.fn("fleet.evict")(function* (mark: Mark, reason: string) {
  const changed = yield* sql`UPDATE hosts SET state = 'evicted', epoch = epoch + 1, reason = ${reason}
    WHERE mark = ${mark} AND state <> 'evicted' RETURNING 1`
  if (changed.length === 0) return
  yield* sql`UPDATE attempts
    SET fence_until = greatest(fence_until,
      ${after(Duration.toMillis(EVICTION_NOTICE))})
    WHERE (host = ${mark} OR (host IS NULL AND position(CAST(${mark} AS TEXT) IN actor) > 0)) AND phase <> 'settled'`
})

/**
 * Admits a host that is evicted. It keeps its epoch, so its processes from before the eviction stay refused. Its next process says
 * which tracker it has.
 */
export const admit = (mark: Mark) =>
  Effect.asVoid(
    sql`UPDATE hosts SET state = 'active', reason = NULL, project = NULL WHERE mark = ${mark} AND state = 'evicted'`
  )
