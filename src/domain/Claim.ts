import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { BeadsId } from "./Ids.ts"

/** A claim that was read back and is held by `actor`. */
export class Claim extends Schema.Class<Claim>("Claim")({
  id: BeadsId,
  actor: Actor,
  /** Milliseconds since the epoch at which it may be taken away unless it is renewed; absent where claims do not expire. */
  leaseExpiresAt: Schema.optional(Schema.JsonNumber)
}) {}

/** The claim is not ours, or not any more: who holds it, if anybody, and the status. */
export interface NotOurs {
  readonly _tag: "NotOurs"
  readonly holder: string | undefined
  readonly status: string
}

/** What a release found: the claim was ours and is gone, or it was not ours and was left alone. */
export type Released = { readonly _tag: "Released" } | NotOurs

/**
 * How long a claim lasts. `none`: until it is given back. `renewable`: it is a lease that heartbeats keep alive.
 * `fixed`: it is a lease, and nothing that we can do makes it last longer.
 */
export const Leases = Schema.Literal("none", "renewable", "fixed")
export type Leases = typeof Leases.Type

/** What a heartbeat found: the claim is still ours and lives until `leaseExpiresAt` again, or it is not ours any more. */
export type Heartbeat = { readonly _tag: "Alive"; readonly leaseExpiresAt: number | undefined } | NotOurs
