import { Duration, Effect } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import type { FenceTerms } from "../../domain/fence.ts"
import { ownMarks, type Identity } from "../../domain/Identity.ts"
import type { JournalFailures } from "../failures.ts"
import type { Part } from "../sql/dialect.ts"
import { texts } from "../sql/dialect.ts"
import type { Fence } from "../sql/Fence.ts"
import { sql } from "../sql/transactions.ts"
import { requireOffice } from "./office.ts"
import { after } from "./time.ts"

export interface FenceOptions {
  readonly identity: Identity
  /** The host's epoch when this process began. */
  readonly epoch: number
  readonly terms: FenceTerms
  readonly failures: JournalFailures
}

/** The fence of one process of a host, in the rows of the database that it shares with other hosts. */
export const fenceOf = ({ epoch, failures, identity, terms }: FenceOptions): Fence => {
  const { mark } = identity
  /** This process is of a host that works, and of its present epoch. */
  const inOffice: Part = (client) =>
    client`EXISTS (SELECT 1 FROM hosts WHERE mark = ${mark} AND epoch = ${epoch} AND state <> 'evicted')`
  const ours: Part = (client) => client`(host IS NULL OR host IN (${texts(ownMarks(identity))(client)}))`
  /** No host has it any more: its time is over, or its host was evicted and its last step outside is over. */
  const free: Part = (
    client
  ) => client`(held_until <= clock_timestamp() OR (fence_until <= clock_timestamp() AND EXISTS (
    SELECT 1 FROM hosts AS other WHERE other.mark = attempts.host
      AND (other.state = 'evicted' OR other.epoch > attempts.epoch))))`

  const office = requireOffice(mark, epoch, failures)

  const requireAlone = Effect.fn("fence.opens")(function* ({ actor, beads }: Pick<Attempt, "actor" | "beads">) {
    const [other] = yield* sql<{ actor: string }>`SELECT actor FROM attempts
      WHERE beads = ${beads} AND actor <> ${actor} AND phase <> 'settled' AND host IS NOT NULL`
    if (other !== undefined) return yield* failures.taken(beads, other.actor)
  })

  /** Says why a conditional statement found no row. */
  const refuse = (what: string) => Effect.zipRight(office, failures.fenced(what))

  return {
    begins: Effect.asVoid(Effect.zipRight(office, sql`UPDATE hosts SET seen = now() WHERE mark = ${mark}`)),

    opens: requireAlone,

    opened: Effect.fn("fence.opened")(function* ({ actor, beads }) {
      const rows = yield* sql`UPDATE attempts SET host = ${mark}, epoch = ${epoch},
        fence_until = ${after(terms.fence)}, held_until = ${after(terms.fence + terms.hold)}
        WHERE actor = ${actor} AND ${inOffice} RETURNING 1`
      if (rows.length === 0) return yield* refuse(`${beads}: this host may not begin an attempt`)
    }),

    steps: Effect.fn("fence.steps")(function* (actor, step) {
      const budget = terms.budget(step)
      const rows =
        budget === undefined
          ? yield* sql`UPDATE attempts
              SET held_until = CASE WHEN ${ours} THEN ${after(terms.hold)} ELSE held_until END
              WHERE actor = ${actor} AND ${inOffice} AND (${ours} OR ${free}) RETURNING 1`
          : yield* sql`UPDATE attempts
              SET fence_until = ${after(terms.fence)}, held_until = ${after(terms.fence + terms.hold)}
              WHERE actor = ${actor} AND ${inOffice}
                AND host = ${mark} AND epoch = ${epoch} AND fence_until > ${after(budget)} RETURNING 1`
      if (rows.length > 0) return
      const [attempt] = yield* sql<{ host: string | null }>`SELECT host FROM attempts WHERE actor = ${actor}`
      // Whoever changes the attempt says that there is none.
      if (attempt === undefined) return
      return yield* refuse(
        budget === undefined
          ? `${actor} is another host's, which has time left to settle it`
          : `${actor} took no step for more than ${Duration.format(Duration.millis(terms.fence - budget))}, so it may go no further (${step})`
      )
    })
  }
}
