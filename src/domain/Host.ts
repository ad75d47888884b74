import { Schema } from "effect"
import { Mark } from "./Identity.ts"

/**
 * The name of a host, for people: in actors, messages and views.
 *
 * @example
 * Schema.is(HostName)("vm-1") // true
 */
export const HostName = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/))

/**
 * What a host has that not every host has: a bug that needs it goes there only.
 *
 * @example
 * Schema.is(HostTag)("gpu") // true
 */
export const HostTag = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))

/** How many more jobs a host may get now. */
export interface HostPlaces {
  readonly tags: ReadonlyArray<string>
  readonly free: number
}

/**
 * `active`: it works. `paused`: it begins nothing and settles what it began. `evicted`: a person said that it is gone; others settle
 * what it began, and it writes nothing more.
 *
 * @example
 * Schema.is(HostState)("evicted") // true
 */
export const HostState = Schema.Literal("active", "paused", "evicted")
export type HostState = typeof HostState.Type

/**
 * A state directory among those that share one journal. All times are the database's, so clocks of hosts may differ.
 *
 * @example
 * hosts.filter(({ state }) => state === "active").map(({ name, seenAgo }) => `${name} ${seenAgo} ms`)
 */
export const Host = Schema.Struct({
  /** That of the state directory: it tells hosts of one name apart. */
  mark: Mark,
  name: Schema.String,
  tags: Schema.Array(Schema.String),
  /** Of the program that it ran last. */
  version: Schema.String,
  /** How many more jobs it could run when it was last seen; `undefined` if it did not say. */
  freePlaces: Schema.optional(Schema.Int),
  /** Milliseconds since it was last seen. */
  seenAgo: Schema.JsonNumber,
  state: HostState,
  /** Goes up with each eviction: what a process of an earlier epoch writes is refused. */
  epoch: Schema.Int,
  /** Why it was evicted. */
  reason: Schema.optional(Schema.String)
})
export type Host = typeof Host.Type
