import type { Effect } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import type { HostPlaces } from "../domain/Host.ts"
import type { Mark } from "../domain/Identity.ts"
import type { BeadsId } from "../domain/Ids.ts"

/** The number of a tick, and how often its planner changed, which the planner must know to offer anything. */
export interface Tick {
  readonly id: number
  readonly epoch: number
}

/**
 * What this host does in the tick of the fleet that it is now. `Planner`: it reads the tracker and offers bugs. `Waits`: another
 * host does so now. `Worker`: another host has done so, `ago` milliseconds before.
 */
export type Turn =
  | { readonly _tag: "Planner"; readonly tick: Tick }
  | { readonly _tag: "Waits"; readonly planner: string }
  | { readonly _tag: "Worker"; readonly planner: string; readonly ago: number }

/** A bug that a host was given. */
export interface Offer {
  readonly id: string
  readonly beads: BeadsId
}

/** A bug that the planner offers. */
export interface NewOffer {
  readonly beads: BeadsId
  /** The tags that its host must have. */
  readonly needs: ReadonlyArray<string>
}

/** An active host, and how many bugs it would take in one run. */
export interface HostRoom extends HostPlaces {
  readonly mark: Mark
}

/** How an offer ended, as its host says it. The next planner writes `untaken` if no host took it, and `lapsed` if its host is silent. */
export type OfferEnd = "dispatched" | "failed" | "gone"

/** How long a planner, or the host that took an offer, may say nothing before another one goes on in its place. Milliseconds. */
export const SILENCE = 30_000

/**
 * The bugs of a tick, which one host offers and all hosts take. Every time is the database's. An evicted host fails with `fenced`.
 */
export interface Offers {
  /** Begins a tick if the last one is over, or if its planner is silent; else says whose it is. */
  readonly join: Effect.Effect<Turn, JournalFailed>
  /**
   * Offers these bugs, the most urgent first, and ends the planning of the tick. Offers of earlier ticks that no host has are over.
   * `hosts`: those that may take them. One that gave a bug back gets it again only if it is the only one. Fails with `fenced` if another host plans the tick by now: then nothing is offered.
   */
  readonly offer: (
    tick: Tick,
    bugs: ReadonlyArray<NewOffer>,
    hosts: ReadonlyArray<HostRoom>
  ) => Effect.Effect<void, JournalFailed>
  /** Lets another host plan this tick at once. */
  readonly giveUp: (tick: Tick) => Effect.Effect<void, JournalFailed>
  /** How many offers this host may take. */
  readonly waiting: Effect.Effect<number, JournalFailed>
  /** Takes as many of them at most, the most urgent first. No other host gets them while this one is heard of. */
  readonly take: (most: number) => Effect.Effect<ReadonlyArray<Offer>, JournalFailed>
  /** Says that this host is still at work on its tick and its offers; see `SILENCE`. */
  readonly keep: Effect.Effect<void, JournalFailed>
  readonly close: (id: string, end: OfferEnd) => Effect.Effect<void, JournalFailed>
  /** Gives the offer to the other hosts: this one does not take it again. */
  readonly giveBack: (id: string) => Effect.Effect<void, JournalFailed>
}
