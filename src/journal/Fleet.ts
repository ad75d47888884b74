import { Context, Effect } from "effect"
import type { Actor } from "../domain/Actor.ts"
import type { Eviction } from "../domain/Eviction.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { Host } from "../domain/Host.ts"
import type { Mark } from "../domain/Identity.ts"
import type { Offers } from "./Offers.ts"

/**
 * Whose an open attempt is. `Ours`: this host settles it. `Theirs`: its own host settles it, and has `left` milliseconds for that at
 * least; without `left` it has until somebody evicts it. `Free`: any host settles it, because its host was evicted or has no time
 * left.
 */
export type Tenure =
  | { readonly _tag: "Ours" }
  | { readonly _tag: "Theirs"; readonly host: string; readonly left: number | undefined }
  | { readonly _tag: "Free"; readonly host: string; readonly why: string }

export const OURS: Tenure = { _tag: "Ours" }

const none = Effect.map(Effect.succeed<ReadonlyArray<never>>([]), ([first]) => first)

/** The default: the journal is this host's alone. */
const ALONE = {
  hosts: Effect.succeed<ReadonlyArray<Host>>([]),
  others: Effect.succeed<ReadonlySet<Mark>>(new Set()),
  seen: () => Effect.void,
  tenure: () => Effect.succeed(OURS),
  evict: () => none,
  admit: () => none,
  evicted: none
}

/** How many jobs a host may have at the same time, and how many bugs it takes in one run. */
export interface Places {
  readonly jobs: number
  readonly perRun: number
}

/**
 * The hosts that share the journal. A journal in SQLite has one host, and this is never asked: the default has no other host.
 * The layers of the journal on Postgres provide it. Every time of it is by the database's clock.
 *
 * @example
 * Effect.flatMap(Fleet, ({ hosts }) => Effect.map(hosts, (all) => all.map(({ name }) => name)))
 */
export class Fleet extends Context.Reference<Fleet>()("nightly-dispatch/Fleet", {
  defaultValue: (): {
    /** The bugs that the hosts offer each other; `undefined`: this host plans alone. */
    readonly offers?: Offers | undefined
    /** Every host that has used the journal, by name. */
    readonly hosts: Effect.Effect<ReadonlyArray<Host>, JournalFailed>
    /** The marks of the other hosts. */
    readonly others: Effect.Effect<ReadonlySet<Mark>, JournalFailed>
    /** Writes down that this host is there, and what it has places for, if that is known. An evicted one stays evicted. */
    readonly seen: (places?: Places) => Effect.Effect<void, JournalFailed>
    /** Whose the open attempt under this actor is. */
    readonly tenure: (actor: Actor) => Effect.Effect<Tenure, JournalFailed>
    /**
     * Says that a host is gone: what its processes write from now on is refused, and other hosts settle what it began, as soon as
     * its last step outside is certainly over. Gives that host as it was; `undefined` if there is none with this mark.
     */
    readonly evict: (host: Mark, reason: string) => Effect.Effect<Host | undefined, JournalFailed>
    /**
     * Lets an evicted host work again. Its processes from before the eviction stay refused. Gives that host as it was; `undefined` if
     * there is none with this mark.
     */
    readonly admit: (host: Mark) => Effect.Effect<Host | undefined, JournalFailed>
    /** That this host was evicted since this process began; `undefined` if it was not. */
    readonly evicted: Effect.Effect<Eviction | undefined, JournalFailed>
  } => ALONE
}) {}
