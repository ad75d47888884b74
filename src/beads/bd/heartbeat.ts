import { Effect } from "effect"
import type { Beads } from "../BeadsCli.ts"
import { isOurs, notOurs } from "../claimState.ts"
import type { BdChanges } from "./change.ts"
import { bdError } from "./failure.ts"

/** `bd heartbeat` if this bd has it, then a read, which decides whether the claim is still the actor's. */
export const makeHeartbeat = (bd: BdChanges): Beads["heartbeat"] =>
  Effect.fn("BeadsCli.heartbeat")(function* (id, actor) {
    const operation = `heartbeat ${id}`
    const { leases } = yield* bd.capabilities
    const change =
      leases === "renewable" ? yield* bd.change(operation, ["--actor", actor, "heartbeat", id, "--json"]) : undefined
    const issue = yield* bd.show(id)
    if (!isOurs(id, issue, actor)) return notOurs(issue)
    const result = change === undefined ? undefined : yield* change
    if (result !== undefined && result.exitCode !== 0) return yield* bdError(operation, result)
    return { _tag: "Alive", leaseExpiresAt: issue?.leaseExpiresAt } as const
  })
