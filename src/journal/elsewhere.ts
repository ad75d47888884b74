import { Effect } from "effect"
import { parseActor, type Actor } from "../domain/Actor.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { shownName, type Host } from "../domain/Host.ts"
import { isOwn, type Identity } from "../domain/Identity.ts"
import { Fleet } from "./Fleet.ts"
import { Journal } from "./Journal.ts"

/** Names the other host that made an attempt: its log, worktree and branch are there. `undefined`: they are on this host. */
export type Elsewhere = (actor: Actor) => string | undefined

/** Of a journal that no other host uses. */
export const HERE: Elsewhere = () => undefined

/** Names the hosts of a fleet, for one of them. */
export const elsewhereOf = (hosts: ReadonlyArray<Host>, identity: Identity): Elsewhere => {
  const others = hosts.filter(({ mark }) => !isOwn(identity, mark))
  const names = new Map(others.map((host) => [host.mark, shownName(hosts, host)]))
  return (actor) => {
    const mark = parseActor(actor)?.mark
    return mark === undefined ? undefined : names.get(mark)
  }
}

/**
 * Asks the journal which hosts share it.
 *
 * @example
 * const host = (yield* elsewhere)(attempt.actor) // "vm-2"
 */
export const elsewhere: Effect.Effect<Elsewhere, JournalFailed, Journal> = Effect.gen(function* () {
  const [{ hosts }, { identity }] = yield* Effect.all([Fleet, Journal])
  return elsewhereOf(yield* hosts, identity)
})

/**
 * A path, with the host that it is on where that is another one.
 *
 * @example
 * placeOn("vm-2", "/state/jobs/bd-1/log") // "on vm-2: /state/jobs/bd-1/log"
 */
export const placeOn = (host: string | undefined, path: string): string =>
  host === undefined ? path : `on ${host}: ${path}`
