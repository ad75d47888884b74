import { Effect } from "effect"
import type { Mark } from "../../domain/Identity.ts"
import { sql } from "../sql/transactions.ts"
import { SILENCE, type Turn } from "../Offers.ts"
import { after } from "./time.ts"

/**
 * A host that comes this long after another one has begun a tick belongs to it: crontabs fire at the same time, and hosts wait a
 * little. After that it begins a tick of its own. By the database's clock, so clocks of hosts may differ.
 */
const SAME_TICK = 240_000

interface LastTick {
  readonly id: number
  readonly host: string
  readonly planner: string
  readonly epoch: number
  readonly ago: number
  readonly ended: number
  readonly silent: number
}

const soon = after(SILENCE)

const lastTick = Effect.map(
  sql<LastTick>`SELECT ticks.id, host, name AS planner, ticks.epoch,
    CAST(extract(epoch FROM now() - at) * 1000 AS BIGINT) AS ago,
    CAST(ended IS NOT NULL AS INTEGER) AS ended, CAST(until <= now() AS INTEGER) AS silent
  FROM ticks JOIN hosts ON mark = host ORDER BY ticks.id DESC LIMIT 1`,
  ([row]) => row
)

const plans = (row: { readonly id: number; readonly epoch: number } | undefined): Effect.Effect<Turn> =>
  row === undefined ? Effect.dieMessage("a statement gave no row") : Effect.succeed({ _tag: "Planner", tick: row })

const begin = (mark: Mark) =>
  Effect.flatMap(
    sql<{ id: number; epoch: number }>`INSERT INTO ticks (host, until) VALUES (${mark}, ${soon}) RETURNING id, epoch`,
    ([row]) => plans(row)
  )

const takeOver = (mark: Mark, id: number) =>
  Effect.flatMap(
    sql<{ id: number; epoch: number }>`UPDATE ticks SET host = ${mark}, epoch = epoch + 1, until = ${soon}
      WHERE id = ${id} RETURNING id, epoch`,
    ([row]) => plans(row)
  )

/**
 * What this host does in the present tick. Within a serializable transaction: of the hosts that come at the same time, one begins it.
 * A planner of this host's own is one that died, because a host has one run at a time.
 */
export const join = Effect.fn("fleet.join")(function* (mark: Mark) {
  const last = yield* lastTick
  if (last === undefined) return yield* begin(mark)
  const { ago, host, id, planner } = last
  if (last.ended === 0) {
    const isOver = last.silent === 1 || host === mark
    return isOver ? yield* takeOver(mark, id) : ({ _tag: "Waits", planner } satisfies Turn)
  }
  const isSame = host !== mark && ago < SAME_TICK
  return isSame ? ({ _tag: "Worker", planner, ago } satisfies Turn) : yield* begin(mark)
})
