import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { BeadsId } from "./Ids.ts"

/**
 * A claim held by `actor`, confirmed by reading the issue back.
 *
 * @example
 * new Claim({ id: issue.id, actor })
 */
export class Claim extends Schema.Class<Claim>("Claim")({
  id: BeadsId,
  actor: Actor,
  /** Milliseconds since the epoch at which the lease ends unless it is renewed; `undefined` if claims do not expire. */
  leaseExpiresAt: Schema.optional(Schema.JsonNumber)
}) {}

/** The claim is not ours, or no longer: its holder (`undefined` if there is none) and the status. */
export interface NotOurs {
  readonly _tag: "NotOurs"
  readonly holder: string | undefined
  readonly status: string
}

/** The result of a release: our claim was released, or the claim was not ours and was left alone. */
export type Released = { readonly _tag: "Released" } | NotOurs

/**
 * How long a claim lasts. `none`: until it is released. `renewable`: it is a lease that heartbeats renew. `fixed`: it is a
 * lease that cannot be renewed.
 *
 * @example
 * Schema.is(Leases)("renewable") // true
 */
export const Leases = Schema.Literal("none", "renewable", "fixed")
export type Leases = typeof Leases.Type

/** The result of a heartbeat: the claim is ours and renewed until `leaseExpiresAt`, or it is no longer ours. */
export type Heartbeat = { readonly _tag: "Alive"; readonly leaseExpiresAt: number | undefined } | NotOurs
