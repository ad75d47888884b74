import { Schema } from "effect"
import { Mark } from "./Identity.ts"
import { Pause } from "./Pause.ts"

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
 * `active`: it works. `paused`: a person paused it or all hosts, so it begins nothing and settles what it began. `evicted`: a person said that it is gone; others settle
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
  /** How many attempts that it began are open: a dispatch, a job or a check of its work. */
  open: Schema.Int,
  /** Milliseconds until other hosts settle the last of these: if it is evicted, or, where it is not, if it were now. */
  othersSettleIn: Schema.JsonNumber,
  state: HostState,
  /** Goes up with each eviction: what a process of an earlier epoch writes is refused. */
  epoch: Schema.Int,
  /** Why it was evicted. */
  reason: Schema.optional(Schema.String),
  /** Why it is paused. */
  paused: Schema.optional(Pause)
})
export type Host = typeof Host.Type

/** Enough to tell the marks of one fleet apart, and short enough to read. */
const SHORT = 8

/**
 * The beginning of a mark, which names a host where two have one name.
 *
 * @example
 * shortMark(mark) // "0123abcd"
 */
export const shortMark = (mark: Mark): string => mark.slice(0, SHORT)

type Named = Pick<Host, "mark" | "name">

/**
 * The hosts that a person may mean: those of this name, else those whose mark begins with these characters, 8 at least.
 *
 * @example
 * hostsMeant(hosts, "vm-1").length // 2, if two hosts have this name
 */
export const hostsMeant = <A extends Named>(hosts: ReadonlyArray<A>, text: string): ReadonlyArray<A> => {
  const named = hosts.filter(({ name }) => name === text)
  return named.length > 0 || text.length < SHORT ? named : hosts.filter(({ mark }) => mark.startsWith(text))
}

/**
 * What names a host and no other: its name, with the beginning of its mark where another one has the same name.
 *
 * @example
 * shownName(hosts, host) // "vm-1 (0123abcd)"
 */
export const shownName = (hosts: ReadonlyArray<Named>, { mark, name }: Named): string =>
  hostsMeant(hosts, name).length > 1 ? `${name} (${shortMark(mark)})` : name

/**
 * What a person types for a host and no other: its name, or the beginning of its mark where another one has the same name.
 *
 * @example
 * typedName(hosts, host) // "0123abcd"
 */
export const typedName = (hosts: ReadonlyArray<Named>, { mark, name }: Named): string =>
  hostsMeant(hosts, name).length > 1 ? shortMark(mark) : name
