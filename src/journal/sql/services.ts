import { Context } from "effect"
import { Journal } from "../Journal.ts"
import { Fleet } from "../Fleet.ts"
import { JournalQueries } from "../JournalQueries.ts"
import { Outbox } from "../Outbox.ts"
import type { StateDirectory } from "../stateDirectory.ts"
import { emptyOutbox, refusedFleet, refusedWrites } from "../standIns.ts"

/** Where the journal is, and whose it is. */
export interface JournalOptions extends StateDirectory {
  /** The real path of the tracker's directory, which the state directory serves; `undefined`: whichever it serves. */
  readonly tracker?: string | undefined
  /** The name of this host, where several share the journal. */
  readonly host?: string | undefined
}

/** What a database holds. */
export type Services = Journal | JournalQueries | Outbox

/** The services of a database. */
export const servicesOf = (
  journal: Journal["Type"],
  queries: JournalQueries["Type"],
  outbox: Outbox["Type"],
  fleet?: Fleet["Type"]
): Context.Context<Services> => {
  const services = Context.make(Journal, journal).pipe(
    Context.add(JournalQueries, queries),
    Context.add(Outbox, outbox)
  )
  return fleet === undefined ? services : Context.add(services, Fleet, fleet)
}

/** The journal, of which the methods that write fail. */
export const readsOnly = (file: string, journal: Journal["Type"]): Journal["Type"] => {
  const writes = refusedWrites(file)
  const { find, identity, known, notices, of, open, paused, prunable, prune, pruned, report, retries, since } = journal
  const { unreported, version, watcher } = journal
  return Journal.of({
    ...writes,
    find,
    identity,
    known,
    notices,
    of,
    open,
    paused,
    prunable,
    pruned,
    report,
    retries,
    since,
    unreported,
    version,
    watcher,
    prune: (cut) => (cut.dryRun ? prune(cut) : writes.prune())
  })
}

/** The same of the outbox. */
export const outboxReadsOnly = (file: string, { open, waiting }: Outbox["Type"]): Outbox["Type"] =>
  Outbox.of({ ...emptyOutbox(file), open, waiting })

/** The same of the hosts. */
export const fleetReadsOnly = (file: string, fleet: Fleet["Type"]): Fleet["Type"] => ({
  ...fleet,
  ...refusedFleet(file)
})
